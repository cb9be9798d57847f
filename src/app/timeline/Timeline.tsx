import { type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { BLOCKS } from '../../program/program';
import { type CommandContext, commandFor } from '../commands/registry';
import { ms } from '../format';
import { usePlayer } from '../player';
import { useLab } from '../store';
import { useText } from '../text/useText';
import { titleOf } from '../titles';
import { useWidth } from '../useWidth';
import { type Selection, selectedName, selectionOf, type View } from '../view';
import { stopChoosing, useChoosing } from './choosing';
import type { Scene } from './draw';
import { Gutter } from './Gutter';
import { Legend } from './Legend';
import { AXIS, laneAt, layOut } from './layout';
import { createPainter, type Painter } from './painter';
import { type Direction, type LanePlace, neighbour, pickAt, placeOf } from './pick';
import { sentenceOf } from './speak';
import { rangeInView } from './timelines';
import { createZoom, panned } from './zoom';

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};
/** A pointer that has moved less, CSS pixels, has not dragged. */
const DRAGGED_FROM = 4;
const NEAR_PX = 4;

/**
 * One or two runs under each other: for each device what it computed, sent and received. Pointer, touch and keys as in
 * Perfetto.
 */
export function Timeline({ context, dimmed }: { context: CommandContext; dimmed: Scene['dimmed'] }) {
  const { timelines } = context;
  const t = useText();
  const look = useLab((state) => state.look);
  const selected = useLab((state) => state.view.selected);
  const range = useLab((state) => state.view.range);
  const marks = useLab((state) => state.view.marks);
  const arrows = useLab((state) => state.view.arrows);
  const windows = useLab((state) => state.view.windows);
  const collapsed = useLab((state) => state.view.collapsed);
  const choosing = useChoosing();
  const selection = selectionOf(selected);
  const [hovered, setHovered] = useState<Selection | null>(null);
  const [holder, width] = useWidth();
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const lanes = useRef<HTMLDivElement>(null);
  const painter = useRef<Painter | null>(null);
  const zoom = useRef<ReturnType<typeof createZoom> | null>(null);
  /** The lane that the arrow keys went to last, and what they selected there. */
  const walked = useRef<{ readonly name: string; readonly at: LanePlace; readonly time: number } | null>(null);
  /** Where the finger is that moves the lanes, CSS pixels; null: none, or more than one. */
  const touching = useRef<number | null>(null);
  const dragging = useRef<{ readonly x: number; readonly before: View['range']; moved: boolean } | null>(null);
  const { tracks, end, differences } = timelines;

  const layout = useMemo(
    () => layOut(tracks, new Set(collapsed), differences.length > 0),
    [tracks, collapsed, differences],
  );
  const scene = useMemo(
    (): Scene => ({
      layout,
      tracks,
      dimmed,
      showsWindows: windows,
      differences,
      names: {
        layer: t.timeline.layer,
        step: (step) => t.timeline.token(step + 1),
        blocks: (item, { track }) => track.spans[item]!.name,
      },
    }),
    [layout, tracks, dimmed, windows, differences, t],
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
    // On another screen, or zoomed by the browser, a pixel is another one.
    const sharpness = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const resize = () => own.size(live.current.width, live.current.scene.layout.height);
    sharpness.addEventListener('change', resize);
    const show = () => {
      const view = rangeInView(useLab.getState().view, live.current.end);
      own.view(view);
      zooming.show(view);
    };
    const stopLooking = useLab.subscribe(({ view }, before) => {
      if (view.from === before.view.from && view.to === before.view.to) return;
      show();
      // What was under the pointer is no longer.
      setHovered(null);
    });
    const stopPlaying = usePlayer.subscribe(({ at, playing }) => {
      own.overlay({ playAt: at });
      const view = rangeInView(useLab.getState().view, live.current.end);
      if (at === null || (at >= view.from && at <= view.to) || !playing) return;
      // What is played stays in view.
      const length = view.to - view.from;
      const from = Math.max(0, at - length / 10);
      look({ from, to: from + length });
    });
    own.overlay({ playAt: usePlayer.getState().at });
    return () => {
      for (const style of styles) style.removeEventListener('change', restyle);
      sharpness.removeEventListener('change', resize);
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
    const line = choosing.first === null ? null : ([choosing.first, choosing.first] as const);
    painter.current?.overlay({ selected: selectionOf(selected), hovered, range: range ?? line, marks, arrows });
  }, [selected, hovered, range, choosing.first, marks, arrows]);
  useEffect(() => {
    if (!choosing.on) return;
    // Before the lanes, which would clear the selection, too.
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      stopChoosing();
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, [choosing.on]);

  const at = (event: { clientX: number; clientY: number }) => {
    const box = lanes.current!.getBoundingClientRect();
    const view = rangeInView(useLab.getState().view, end);
    const msPerPixel = (view.to - view.from) / Math.max(1, width);
    return {
      x: event.clientX - box.left,
      y: event.clientY - box.top,
      ms: view.from + (event.clientX - box.left) * msPerPixel,
      msPerPixel,
    };
  };
  const pick = (event: { clientX: number; clientY: number }): Selection | null => {
    const { y, ms: time, msPerPixel } = at(event);
    const found = laneAt(layout, y);
    return found && pickAt(tracks, found.row.track, found.row.rank, found.lane, time, NEAR_PX * msPerPixel);
  };
  const onMove = (event: PointerEvent) => {
    const touch = event.pointerType === 'touch';
    if (touch && touching.current !== null) {
      const view = rangeInView(useLab.getState().view, end);
      look(
        panned(
          view,
          (touching.current - event.clientX) / Math.max(1, width),
          rangeInView({ from: null, to: null }, end).to,
        ),
      );
      touching.current = event.clientX;
      return;
    }
    const drag = event.buttons === 0 ? null : dragging.current;
    if (!drag) {
      if (!touch) setHovered(pick(event));
      return;
    }
    const { x, y } = at(event);
    if (!drag.moved && Math.abs(x - drag.x) < DRAGGED_FROM) return;
    drag.moved = true;
    const times = [drag.x, x].map(
      (each) => at({ clientX: each + lanes.current!.getBoundingClientRect().left, clientY: y }).ms,
    );
    look({ range: [Math.min(...times), Math.max(...times)] });
  };
  /** One end of a range and then, a little away from it, the other. */
  const chooseEnd = ({ ms: time, msPerPixel }: Pick<ReturnType<typeof at>, 'ms' | 'msPerPixel'>) => {
    const { first } = choosing;
    if (first === null) {
      useChoosing.setState({ first: time });
      look({ range: null });
    } else if (Math.abs(time - first) >= DRAGGED_FROM * msPerPixel) {
      look({ range: [Math.min(first, time), Math.max(first, time)] });
      stopChoosing();
    }
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
  /** Goes on from the lane that the keys are in, or else from where the selection is drawn. */
  const walk = (direction: Direction, extend: boolean) => {
    const name = useLab.getState().view.selected;
    const here = selectionOf(name);
    const known = walked.current?.name === name ? walked.current : null;
    const at = known?.at ?? (here && placeOf(tracks, here));
    const from =
      here && at ? { selection: here, at, time: known?.time ?? placeOf(tracks, here)?.interval[0] ?? 0 } : null;
    const next = neighbour(tracks, layout, from, direction);
    if (!next) return;
    // Up and down keep to the time that they set out from.
    const time =
      from && (direction === 'up' || direction === 'down') ? from.time : placeOf(tracks, next.selection)!.interval[0];
    walked.current = { name: selectedName(next.selection), at: next.at, time };
    if (extend && here) {
      const ends = [placeOf(tracks, here), placeOf(tracks, next.selection)].flatMap((place) => place?.interval ?? []);
      const { range: before } = useLab.getState().view;
      look({ range: [Math.min(...ends, ...(before ?? [])), Math.max(...ends, ...(before ?? []))] });
    }
    reveal(next.selection);
  };
  const titles = useMemo(
    () => tracks.map(({ track }, i) => [timelines.runs[i], titleOf(t, track)].filter(Boolean).join(t.join.colon)),
    [tracks, timelines.runs, t],
  );
  const named = useMemo(() => {
    const total = (tracks[1]?.length ?? 0) - (tracks[0]?.length ?? 0);
    const difference = t.timeline.differenceOf(ms(Math.abs(total)), total < 0 ? 'less' : 'more');
    return titles.map((title, i) => (i === 1 && differences.length > 0 ? `${title} · ${difference}` : title));
  }, [titles, tracks, differences, t]);
  const toggle = useCallback(
    (ranks: readonly number[]) => {
      const others = useLab.getState().view.collapsed.filter((each) => !ranks.includes(each));
      const folded = ranks.every((rank) => useLab.getState().view.collapsed.includes(rank));
      look({ collapsed: folded ? others : [...others, ...ranks] });
    },
    [look],
  );
  const blocks = BLOCKS.filter((block) => tracks.some(({ track }) => track.spans.some((span) => span.block === block)));
  const shown = hovered ?? selection;
  const hint = choosing.on ? (choosing.first === null ? t.timeline.chooseRange : t.timeline.chooseOtherEnd) : null;

  return (
    <div className="timeline-body">
      <div className="lanes">
        <Gutter layout={layout} titles={named} t={t} onToggle={toggle} />
        <div className="canvases" ref={holder as React.RefObject<HTMLDivElement>} style={{ height: layout.height }}>
          <div
            ref={lanes}
            id="lanes"
            className="canvas-area"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the lanes are walked with the arrow keys, and what is selected is spoken
            tabIndex={0}
            role="application"
            aria-label={t.timeline.lanes(titles.join(', '))}
            onKeyDown={(event) => {
              const direction = ARROWS[event.code];
              if (direction && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                walk(direction, event.shiftKey);
                return;
              }
              if (event.code === 'Enter') {
                const here = selection && placeOf(tracks, selection);
                // The start of what is selected, and then the end of what is.
                if (choosing.on && here)
                  return chooseEnd({ ms: here.interval[choosing.first === null ? 0 : 1], msPerPixel: 0 });
                if (!choosing.on) document.getElementById('inspector')?.focus();
              }
              const command = commandFor(event.nativeEvent, 'timeline');
              if (!command) return;
              event.preventDefault();
              event.stopPropagation();
              command.run(context);
            }}
            onPointerDown={(event) => {
              touching.current = null;
              dragging.current = null;
              // Two fingers zoom.
              if (!event.isPrimary) return;
              if (event.pointerType === 'touch' && !choosing.on) {
                touching.current = event.clientX;
                return;
              }
              if (event.button !== 0 || event.shiftKey) return;
              dragging.current = { x: at(event).x, before: range, moved: false };
              event.currentTarget.setPointerCapture(event.pointerId);
            }}
            onPointerMove={onMove}
            onPointerUp={() => {
              touching.current = null;
              if (dragging.current?.moved) stopChoosing();
              // The click that follows a drag selects nothing.
              else dragging.current = null;
            }}
            onPointerCancel={() => {
              touching.current = null;
              if (dragging.current?.moved) look({ range: dragging.current.before });
              dragging.current = null;
            }}
            onPointerLeave={() => setHovered(null)}
            onClick={(event) => {
              const dragged = dragging.current?.moved;
              dragging.current = null;
              if (dragged) return;
              const place = at(event);
              if (choosing.on) return chooseEnd(place);
              const { y, ms: time } = place;
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
      <p className="status-line" aria-hidden="true">
        {hint ??
          (shown
            ? sentenceOf(t, tracks, shown)
            : range
              ? t.inspector.range(ms(range[0]), ms(range[1]), ms(range[1] - range[0]))
              : t.timeline.nothing)}
      </p>
      <p className="visually-hidden" role="status">
        {hint}
      </p>
      <p className="visually-hidden" role="status">
        {selection &&
          sentenceOf(t, tracks, selection) &&
          `${titles[selection.track]}${t.join.colon}${sentenceOf(t, tracks, selection)}`}
      </p>
      <Legend
        blocks={blocks}
        uncertain={tracks.some(({ track }) => track.spans.some((span) => span.kind === 'compute' && span.uncertain))}
      />
    </div>
  );
}
