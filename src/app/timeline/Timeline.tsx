import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { BLOCKS } from '../../program/program';
import { commandFor } from '../commands/registry';
import { ms } from '../format';
import { usePlayer } from '../player';
import { useLab } from '../store';
import { useText } from '../text/useText';
import { titleOf } from '../titles';
import { useWidth } from '../useWidth';
import { type Selection, selectedName, selectionOf } from '../view';
import type { Scene } from './draw';
import { Gutter } from './Gutter';
import { Legend } from './Legend';
import { AXIS, laneAt, layOut } from './layout';
import { createPainter, type Painter } from './painter';
import { type Direction, neighbour, pickAt, placeOf } from './pick';
import { notMatching } from './search';
import { sentenceOf } from './speak';
import { rangeInView, type Timelines } from './timelines';
import { createZoom } from './zoom';

const ARROWS: Readonly<Record<string, Direction>> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };
/** A pointer that has moved less, CSS pixels, has not dragged. */
const DRAGGED_FROM = 4;
const NEAR_PX = 4;

/** One or two runs under each other: for each device what it computed, sent and received. Pointer, touch and keys as in Perfetto. */
export function Timeline({ timelines, openCommands }: { timelines: Timelines; openCommands: (which: 'palette' | 'help') => void }) {
  const t = useText();
  const look = useLab((state) => state.look);
  const { selected, range, marks, arrows, windows, search, collapsed } = useLab((state) => state.view);
  const selection = selectionOf(selected);
  const [hovered, setHovered] = useState<Selection | null>(null);
  const [holder, width] = useWidth();
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const lanes = useRef<HTMLDivElement>(null);
  const painter = useRef<Painter | null>(null);
  const zoom = useRef<ReturnType<typeof createZoom> | null>(null);
  const dragging = useRef<{ readonly x: number; moved: boolean } | null>(null);
  const { tracks, end, differences } = timelines;

  const layout = useMemo(() => layOut(tracks, new Set(collapsed)), [tracks, collapsed]);
  const scene = useMemo(
    (): Scene => ({
      layout,
      tracks,
      dimmed: tracks.map(({ track }) => notMatching(track.spans, search)),
      showsWindows: windows,
      differences,
      names: {
        layer: t.timeline.layer,
        step: (step) => t.timeline.token(step + 1),
        blocks: (item, { track }) => track.spans[item]!.name,
      },
    }),
    [layout, tracks, search, windows, differences, t],
  );
  const live = useRef({ end, scene, width });
  live.current = { end, scene, width };

  useEffect(() => {
    const own = createPainter(base.current!, over.current!);
    const zooming = createZoom(lanes.current!, ({ from, to }) => look({ from, to }));
    painter.current = own;
    zoom.current = zooming;
    const restyle = () => own.restyle();
    const styles = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
    for (const style of styles) style.addEventListener('change', restyle);
    const show = () => {
      const view = rangeInView(useLab.getState().view, live.current.end);
      own.view(view);
      zooming.show(view);
    };
    const stopLooking = useLab.subscribe(({ view }, before) => {
      if (view.from !== before.view.from || view.to !== before.view.to) show();
    });
    const stopPlaying = usePlayer.subscribe(({ at }) => own.overlay({ playAt: at }));
    own.overlay({ playAt: usePlayer.getState().at });
    return () => {
      for (const style of styles) style.removeEventListener('change', restyle);
      stopLooking();
      stopPlaying();
      zooming.close();
      own.close();
    };
  }, [look]);

  useEffect(() => {
    const whole = rangeInView({ from: null, to: null }, end);
    const view = rangeInView(useLab.getState().view, end);
    zoom.current?.bounds(width, whole.to);
    zoom.current?.show(view);
    painter.current?.view(view);
  }, [end, width]);
  useEffect(() => painter.current?.size(width, layout.height), [width, layout.height]);
  useEffect(() => painter.current?.scene(scene), [scene]);
  useEffect(() => {
    painter.current?.overlay({ selected: selectionOf(selected), hovered, range, marks, arrows });
  }, [selected, hovered, range, marks, arrows]);

  const at = (event: { clientX: number; clientY: number }) => {
    const box = lanes.current!.getBoundingClientRect();
    const view = rangeInView(useLab.getState().view, end);
    const msPerPixel = (view.to - view.from) / Math.max(1, width);
    return { x: event.clientX - box.left, y: event.clientY - box.top, ms: view.from + (event.clientX - box.left) * msPerPixel, msPerPixel };
  };
  const pick = (event: { clientX: number; clientY: number }): Selection | null => {
    const { y, ms: time, msPerPixel } = at(event);
    const found = laneAt(layout, y);
    return found && pickAt(tracks, found.row.track, found.row.rank, found.lane, time, NEAR_PX * msPerPixel);
  };
  const onMove = (event: PointerEvent) => {
    const drag = dragging.current;
    if (!drag) return setHovered(event.pointerType === 'touch' ? null : pick(event));
    const { x, y } = at(event);
    if (!drag.moved && Math.abs(x - drag.x) < DRAGGED_FROM) return;
    drag.moved = true;
    const times = [drag.x, x].map((each) => at({ clientX: each + lanes.current!.getBoundingClientRect().left, clientY: y }).ms);
    look({ range: [Math.min(...times), Math.max(...times)] });
  };
  const reveal = (next: Selection) => {
    const place = placeOf(tracks, next);
    const view = rangeInView(useLab.getState().view, end);
    const change = { selected: selectedName(next) };
    if (!place || (place.interval[1] >= view.from && place.interval[0] <= view.to)) return look(change);
    const length = view.to - view.from;
    const from = Math.max(0, (place.interval[0] + place.interval[1] - length) / 2);
    look({ ...change, from, to: from + length });
  };
  const titles = tracks.map(({ track }) => titleOf(t, track));
  const total = differences.reduce((sum, { ms: [a, b] }) => sum + b - a, 0);
  const difference = t.timeline.differenceOf(ms(Math.abs(total)), total < 0 ? 'less' : 'more');
  const blocks = BLOCKS.filter((block) => tracks.some(({ track }) => track.spans.some((span) => span.block === block)));
  const shown = hovered ?? selection;

  return (
    <div className="timeline-body">
      <div className="lanes">
        <Gutter
          layout={layout}
          titles={titles.map((title, i) => (i === 1 && differences.length > 0 ? `${title} · ${difference}` : title))}
          t={t}
          onToggle={(rank) =>
            look({ collapsed: collapsed.includes(rank) ? collapsed.filter((each) => each !== rank) : [...collapsed, rank] })
          }
        />
        <div className="canvases" ref={holder as React.RefObject<HTMLDivElement>} style={{ height: layout.height }}>
          <div
            ref={lanes}
            className="canvas-area"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the lanes are walked with the arrow keys, and what is selected is spoken
            tabIndex={0}
            role="application"
            aria-label={t.timeline.lanes(titles.join(', '))}
            onKeyDown={(event) => {
              const direction = ARROWS[event.code];
              if (direction && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                const next = neighbour(tracks, layout, selectionOf(useLab.getState().view.selected), direction);
                if (next) reveal(next);
                return;
              }
              if (event.code === 'Enter') document.getElementById('inspector')?.focus();
              const command = commandFor(event.nativeEvent, 'timeline');
              if (!command) return;
              event.preventDefault();
              event.stopPropagation();
              command.run({ timelines, openCommands });
            }}
            onPointerDown={(event) => {
              if (event.pointerType === 'touch' || event.button !== 0 || event.shiftKey) return;
              dragging.current = { x: at(event).x, moved: false };
              event.currentTarget.setPointerCapture(event.pointerId);
            }}
            onPointerMove={onMove}
            onPointerUp={() => {
              // The click that follows a drag selects nothing.
              if (!dragging.current?.moved) dragging.current = null;
            }}
            onPointerLeave={() => setHovered(null)}
            onClick={(event) => {
              const dragged = dragging.current?.moved;
              dragging.current = null;
              if (dragged) return;
              const { y, ms: time } = at(event);
              if (y < AXIS) return usePlayer.getState().seek(Math.max(0, Math.min(end, time)));
              const picked = pick(event);
              look({ selected: picked ? selectedName(picked) : '', range: null });
            }}
          >
            <canvas ref={base} />
            <canvas ref={over} />
          </div>
        </div>
      </div>
      <p className="status-line" role="status">
        {shown ? sentenceOf(t, tracks, shown) : t.timeline.nothing}
      </p>
      <Legend blocks={blocks} />
    </div>
  );
}
