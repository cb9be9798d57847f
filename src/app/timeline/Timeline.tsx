import { type CSSProperties, type KeyboardEvent, useCallback, useEffect, useMemo } from 'react';
import { type CommandContext, commandFor } from '../commands/registry';
import { useChoosing, useLeaveChoosing } from '../lanes/choosing';
import type { Scene } from '../lanes/draw';
import { layOut, TEXT } from '../lanes/layout';
import { namesOfLanes } from '../lanes/names';
import { type Direction, placeOf } from '../lanes/pick';
import { pointAt, usePointed } from '../lanes/pointed';
import type { Timelines } from '../lanes/timelines';
import { useSelection } from '../lanes/useSelection';
import { titlesOf } from '../parts/titles';
import { usePresenting } from '../parts/usePresenting';
import { useWidth } from '../parts/useWidth';
import { useText } from '../state/language';
import { useView } from '../state/view_store';
import type { Text } from '../text/en';
import { ms } from '../text/format';
import { Gutter } from './Gutter';
import { StatusLine } from './StatusLine';
import { Tooltip } from './Tooltip';
import { chooseEnd, usePointing } from './usePointing';
import { useSurface } from './useSurface';
import { useWalking } from './useWalking';

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/**
 * Runs under each other: for each device what it computed, sent and received. Pointer, touch and keys as in Perfetto.
 */
export function Timeline({ context, dimmed }: { context: CommandContext; dimmed: Scene['dimmed'] }) {
  const { timelines } = context;
  const t = useText();
  const { scene, toggle } = useScene(t, timelines, dimmed);
  const [holder, width] = useWidth();
  const hovered = usePointed((state) => state.hovered);
  const selection = useSelection(timelines.tracks);
  const { tracks, end } = timelines;
  const { base, over, lanes } = useSurface({ scene, width, end, selection, hovered: hovered?.selection ?? null }, () =>
    pointAt(null),
  );
  const pointing = usePointing(timelines, scene.layout, width, lanes);
  const walk = useWalking(timelines, scene.layout, selection);
  useLeaveChoosing();
  // Of other tracks nothing is pointed at.
  // biome-ignore lint/correctness/useExhaustiveDependencies: this says which tracks are shown
  useEffect(() => () => pointAt(null), [tracks]);
  const titles = useMemo(() => titlesOf(t, timelines), [timelines, t]);

  const named = useMemo(() => withDifference(t, timelines, titles), [t, timelines, titles]);

  const onKeyDown = (event: KeyboardEvent) => {
    const direction = ARROWS[event.code];
    if (direction && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      return walk(direction, event.shiftKey);
    }
    if (event.code === 'Enter') {
      const here = selection && placeOf(tracks, selection);
      const { on, first } = useChoosing.getState();
      // The start of what is selected, and then the end of what is.
      if (on && here) return chooseEnd({ ms: here.interval[first === null ? 0 : 1], msPerPixel: 0 });
      if (!on) document.getElementById('inspector')?.focus();
    }
    const command = commandFor(event.nativeEvent, 'timeline');
    if (!command) return;
    event.preventDefault();
    event.stopPropagation();
    command.run(context);
  };

  return (
    <div className="timeline-body">
      <div className="lanes" style={{ '--lane-text': `${TEXT * scene.layout.scale}px` } as CSSProperties}>
        <Gutter layout={scene.layout} titles={named} aligned={timelines.aligned} t={t} onToggle={toggle} />
        <div className="canvases" ref={holder} style={{ height: scene.layout.height }}>
          <div
            ref={lanes}
            id="lanes"
            className="canvas-area"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the lanes are walked with the arrow keys, and what is selected is spoken
            tabIndex={0}
            role="application"
            aria-label={t.timeline.lanes(titles.join(', '))}
            onKeyDown={onKeyDown}
            {...pointing}
          >
            <canvas ref={base} />
            <canvas ref={over} />
          </div>
          {hovered && <Tooltip tracks={tracks} hovered={hovered} width={width} />}
        </div>
      </div>
      <StatusLine tracks={tracks} titles={titles} selection={selection} hovered={hovered?.selection ?? null} />
    </div>
  );
}

/** Text of 18 px for an audience. */
const PRESENTING = 1.5;

/** What is drawn, and how devices are folded. */
function useScene(t: Text, { tracks, differences }: Timelines, dimmed: Scene['dimmed']) {
  const windows = useView((state) => state.view.windows);
  const scale = usePresenting() ? PRESENTING : 1;
  const collapsed = useView((state) => state.view.collapsed);
  const layout = useMemo(
    () => layOut(tracks, new Set(collapsed), differences.length > 0, scale),
    [tracks, collapsed, differences, scale],
  );
  const scene = useMemo(
    (): Scene => ({
      layout,
      tracks,
      dimmed,
      showsWindows: windows,
      differences,
      names: namesOfLanes(t),
    }),
    [layout, tracks, dimmed, windows, differences, t],
  );
  const toggle = useCallback((ranks: readonly number[]) => {
    const { view, look } = useView.getState();
    const others = view.collapsed.filter((each) => !ranks.includes(each));
    const folded = ranks.every((rank) => view.collapsed.includes(rank));
    look({ collapsed: folded ? others : [...others, ...ranks] });
  }, []);
  return { scene, toggle };
}

/** The second of two runs that compare says how much longer or shorter it was. */
function withDifference(t: Text, { tracks, differences }: Timelines, titles: readonly string[]): readonly string[] {
  if (differences.length === 0) return titles;
  const total = (tracks[1]?.length ?? 0) - (tracks[0]?.length ?? 0);
  const difference = t.timeline.differenceOf(ms(Math.abs(total)), total < 0 ? 'less' : 'more');
  return titles.map((title, i) => (i === 1 ? `${title} · ${difference}` : title));
}
