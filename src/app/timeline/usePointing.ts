import { type MouseEvent, type PointerEvent, type RefObject, useRef } from 'react';
import { stopChoosing, useChoosing } from '../lanes/choosing';
import { type Layout, laneAt } from '../lanes/layout';
import { pickAt } from '../lanes/pick';
import { pointAt } from '../lanes/pointed';
import { type Selection, selectedOf } from '../lanes/selection';
import { rangeInView, type Timelines } from '../lanes/timelines';
import { panned } from '../lanes/zoom';
import { usePlayer } from '../state/player';
import type { View } from '../state/view';
import { useView } from '../state/view_store';

/** A pointer that has moved less, CSS pixels, has not dragged. */
const DRAGGED_FROM = 4;
const NEAR_PX = 4;

/** Where a pointer is: CSS pixels of the lanes, and ms of the axis. */
type Point = { readonly x: number; readonly y: number; readonly ms: number; readonly msPerPixel: number };

/** One end of a range and then, a little away from it, the other. */
export function chooseEnd({ ms, msPerPixel }: Pick<Point, 'ms' | 'msPerPixel'>): void {
  const { look } = useView.getState();
  const { first } = useChoosing.getState();
  if (first === null) {
    useChoosing.setState({ first: ms });
    look({ range: null });
  } else if (Math.abs(ms - first) >= DRAGGED_FROM * msPerPixel) {
    look({ range: [Math.min(first, ms), Math.max(first, ms)] });
    stopChoosing();
  }
}

/** What pointer and touch do on the lanes, as in Perfetto: point, select, drag a range, move by a finger. */
export function usePointing(
  { tracks, end }: Timelines,
  layout: Layout,
  width: number,
  lanes: RefObject<HTMLDivElement | null>,
) {
  const { look } = useView.getState();
  /** Where the finger is that moves the lanes, CSS pixels; null: none, or more than one. */
  const touching = useRef<number | null>(null);
  const dragging = useRef<{ readonly from: Point; readonly before: View['range']; moved: boolean } | null>(null);
  const inView = () => rangeInView(useView.getState().view, end);
  const whole = rangeInView({ from: null, to: null }, end).to;

  const pointOf = (event: MouseEvent): Point => {
    const box = lanes.current!.getBoundingClientRect();
    const { from, to } = inView();
    const msPerPixel = (to - from) / Math.max(1, width);
    const x = event.clientX - box.left;
    return { x, y: event.clientY - box.top, ms: from + x * msPerPixel, msPerPixel };
  };
  const pick = ({ y, ms, msPerPixel }: Point): Selection | null => {
    const found = laneAt(layout, y);
    return found && pickAt(tracks, found.row.track, found.row.rank, found.lane, ms, NEAR_PX * msPerPixel);
  };
  const moveByFinger = (event: PointerEvent, from: number) => {
    const { from: start, to } = panned(inView(), (from - event.clientX) / Math.max(1, width), whole);
    look({ from: start, to });
    touching.current = event.clientX;
  };

  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      touching.current = null;
      dragging.current = null;
      // Two fingers zoom.
      if (!event.isPrimary) return;
      if (event.pointerType === 'touch' && !useChoosing.getState().on) {
        touching.current = event.clientX;
        return;
      }
      if (event.button !== 0 || event.shiftKey) return;
      dragging.current = { from: pointOf(event), before: useView.getState().view.range, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      const touch = event.pointerType === 'touch';
      if (touch && touching.current !== null) return moveByFinger(event, touching.current);
      const drag = event.buttons === 0 ? null : dragging.current;
      const point = pointOf(event);
      if (!drag) {
        const selection = touch ? null : pick(point);
        if (!touch) pointAt(selection && { selection, x: point.x, y: point.y });
        return;
      }
      if (!drag.moved && Math.abs(point.x - drag.from.x) < DRAGGED_FROM) return;
      drag.moved = true;
      look({ range: [Math.min(drag.from.ms, point.ms), Math.max(drag.from.ms, point.ms)] });
    },
    onPointerUp() {
      touching.current = null;
      if (dragging.current?.moved) stopChoosing();
      // The click that follows a drag selects nothing.
      else dragging.current = null;
    },
    onPointerCancel() {
      touching.current = null;
      if (dragging.current?.moved) look({ range: dragging.current.before });
      dragging.current = null;
    },
    onPointerLeave: () => pointAt(null),
    onClick(event: MouseEvent) {
      const dragged = dragging.current?.moved;
      dragging.current = null;
      if (dragged) return;
      const point = pointOf(event);
      if (useChoosing.getState().on) return chooseEnd(point);
      if (point.y < layout.rows[0]!.height) return usePlayer.getState().seek(Math.max(0, Math.min(end, point.ms)));
      const picked = pick(point);
      look({ selected: picked && selectedOf(tracks, picked), range: null });
    },
  };
}
