import { onAxis } from '../../trace/layers';
import type { Interval, MessageSpan } from '../../trace/span';
import type { AxisRange, Size } from './draw';
import type { Prepared } from './lanes';
import type { Layout, Row } from './layout';
import { placeOf } from './pick';
import { drawReplay } from './replay';
import type { Selection } from './selection';
import type { Theme } from './theme';

/** What moves over the drawn lanes. */
export type Overlay = {
  readonly selected: Selection | null;
  readonly hovered: Selection | null;
  readonly range: Interval | null;
  readonly marks: readonly Interval[];
  /** Of the play head, ms of the axis; null: none. */
  readonly playAt: number | null;
  /** Of what waits while it plays, from 0 to 1. */
  readonly beat: number;
  /** Arrows of all messages in view, not of the selected collective's alone. */
  readonly arrows: boolean;
};

/** More arrows than these would be a blot: then there are none until one is nearer. */
const MOST_ARROWS = 600;

export function drawOverlay(
  context: CanvasRenderingContext2D,
  layout: Layout,
  tracks: readonly Prepared[],
  overlay: Overlay,
  view: AxisRange,
  size: Size,
  theme: Theme,
): void {
  const { width, height, ratio } = size;
  const scale = width / (view.to - view.from);
  const x = (at: number) => (at - view.from) * scale;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);

  if (overlay.playAt !== null)
    drawReplay(context, layout, tracks, { at: overlay.playAt, beat: overlay.beat }, x, size, theme);
  for (const [from, to] of overlay.marks) band(context, x(from), x(to), height, theme.faint, 0.12);
  if (overlay.range) band(context, x(overlay.range[0]), x(overlay.range[1]), height, theme.accent, 0.16);

  const { selected, hovered } = overlay;
  drawArrows(context, layout, tracks, overlay, view, x, theme);
  if (selected) {
    const span = selected.kind === 'span' ? tracks[selected.track]?.track.spans[selected.index] : undefined;
    // The same operation on the other devices.
    if (span && span.kind !== 'message') {
      const prepared = tracks[selected.track]!;
      for (const [index, other] of prepared.track.spans.entries())
        if (other.op === span.op && other.kind === span.kind && index !== selected.index)
          box(context, layout, tracks, { ...selected, index }, x, theme.ink, 1, 0.6);
    }
    box(context, layout, tracks, selected, x, theme.ink, 2, 1);
  }
  if (hovered) box(context, layout, tracks, hovered, x, theme.ink, 1.5, 0.9);

  if (overlay.playAt !== null) {
    const at = x(overlay.playAt);
    context.fillStyle = theme.accent;
    context.fillRect(at - 1, 0, 2, height);
    context.beginPath();
    context.moveTo(at - 6, 0);
    context.lineTo(at + 6, 0);
    context.lineTo(at, 9);
    context.fill();
  }
}

function band(
  context: CanvasRenderingContext2D,
  left: number,
  right: number,
  height: number,
  colour: string,
  alpha: number,
): void {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fillRect(left, 0, right - left, height);
  context.globalAlpha = 1;
  context.fillRect(left, 0, 1, height);
  context.fillRect(right, 0, 1, height);
}

const rankRow = (layout: Layout, track: number, rank: number) =>
  layout.rows.find(
    (row): row is Extract<Row, { kind: 'rank' }> => row.kind === 'rank' && row.track === track && row.rank === rank,
  );

function box(
  context: CanvasRenderingContext2D,
  layout: Layout,
  tracks: readonly Prepared[],
  selection: Selection,
  x: (at: number) => number,
  colour: string,
  width: number,
  alpha: number,
): void {
  const place = placeOf(tracks, selection);
  const row = place && rankRow(layout, place.track, place.rank);
  if (!place || !row) return;
  const lane = row.lanes.find(({ name }) => name === place.lane) ?? row.lanes[0]!;
  const left = x(place.interval[0]);
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(left - 0.5, lane.y - 0.5, Math.max(2, x(place.interval[1]) - left) + 1, lane.height + 1);
  context.globalAlpha = 1;
}

/** From where a message leaves its sender to where its receiver holds it. */
function drawArrows(
  context: CanvasRenderingContext2D,
  layout: Layout,
  tracks: readonly Prepared[],
  { arrows, selected }: Overlay,
  view: AxisRange,
  x: (at: number) => number,
  theme: Theme,
): void {
  const chosen = selected?.kind === 'span' ? tracks[selected.track]?.track.spans[selected.index] : undefined;
  context.strokeStyle = theme.ink;
  context.fillStyle = theme.ink;
  context.lineWidth = 1.1;
  const curves: (readonly [number, number, number, number])[] = [];
  for (const [index, prepared] of tracks.entries()) {
    const own = selected?.track === index ? chosen : undefined;
    const wanted = (span: MessageSpan, i: number): boolean => {
      if (own?.kind === 'message') return i === selected!.index || arrows;
      return (
        arrows || (own?.kind === 'collective' && own.op === span.op && (own.rank === span.to || own.rank === span.rank))
      );
    };
    if (!arrows && own?.kind !== 'collective' && own?.kind !== 'message') continue;
    for (const [i, span] of prepared.track.spans.entries()) {
      if (span.kind !== 'message' || !wanted(span, i)) continue;
      const [start, end] = [onAxis(prepared.alignment, span.start), onAxis(prepared.alignment, span.end)];
      if (end < view.from || start > view.to) continue;
      const from = rankRow(layout, index, span.rank);
      const to = rankRow(layout, index, span.to);
      if (!from || !to) continue;
      const y = (row: typeof from, lane: 'send' | 'receive') => {
        const found = row.lanes.find(({ name }) => name === lane) ?? row.lanes[0]!;
        return found.y + found.height / 2;
      };
      const [x0, y0, x1, y1] = [x(start), y(from, 'send'), x(end), y(to, 'receive')];
      curves.push([x0, y0, x1, y1]);
    }
  }
  if (curves.length > MOST_ARROWS) return;
  for (const [x0, y0, x1, y1] of curves) {
    context.beginPath();
    context.moveTo(x0, y0);
    context.bezierCurveTo(x0 + (x1 - x0) / 3, y0, x1 - (x1 - x0) / 3, y1, x1, y1);
    context.stroke();
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x1 - 5, y1 - 3);
    context.lineTo(x1 - 5, y1 + 3);
    context.fill();
  }
}
