import { offAxis } from '../../trace/layers';
import { lookOf } from '../parts/palette';
import { ms } from '../text/format';
import type { Size } from './draw';
import { firstAfter, type Lane, type Prepared } from './lanes';
import { fontOf, type Layout, type Row } from './layout';
import type { Theme } from './theme';

type RankRow = Extract<Row, { kind: 'rank' }>;

/** What a replay shows at a time of the axis. `beat`: of waiting, from 0 to 1; it stands still where nothing moves. */
export type Replay = { readonly at: number; readonly beat: number };

/**
 * A replay over the drawn lanes: what is yet to come is veiled, messages under way travel from device to device along
 * the play head, who waits is framed, and each run has a clock of its own, which stops where the run ends.
 */
export function drawReplay(
  context: CanvasRenderingContext2D,
  layout: Layout,
  tracks: readonly Prepared[],
  { at, beat }: Replay,
  x: (at: number) => number,
  { width, height }: Size,
  theme: Theme,
): void {
  const head = x(at);
  const top = layout.rows[0]!.height;
  context.globalAlpha = 0.75;
  context.fillStyle = theme.panel;
  context.fillRect(Math.max(0, head), top, Math.max(0, width - head), height - top);
  context.globalAlpha = 1;
  const rows = new Map<string, RankRow>();
  for (const row of layout.rows) if (row.kind === 'rank') rows.set(`${row.track} ${row.rank}`, row);
  for (const [index, track] of tracks.entries()) {
    const rowOf = (rank: number) => rows.get(`${index} ${rank}`);
    for (const [rank] of track.ranks.entries()) {
      const row = rowOf(rank);
      if (!row) continue;
      drawWaiting(context, track, row, at, x, beat, theme);
      drawMessages(context, track, row, rowOf, at, head, layout.scale, theme);
    }
  }
  drawClocks(context, layout, tracks, at, width, theme);
}

/** Items of a lane that are under way. */
function* underWay(lane: Lane, at: number): Generator<number> {
  for (let i = firstAfter(lane, at); i < lane.count && lane.start[i]! <= at; i++) if (lane.end[i]! > at) yield i;
}

/** A device that waits for a collective. */
function drawWaiting(
  context: CanvasRenderingContext2D,
  track: Prepared,
  row: RankRow,
  at: number,
  x: (at: number) => number,
  beat: number,
  theme: Theme,
): void {
  const { gaps } = track.ranks[row.rank]!;
  const lane = row.lanes[0]!;
  for (const i of underWay(gaps, at)) {
    if (!track.gaps[gaps.item[i]!]!.exposed) continue;
    const grown = 1 + 3 * beat;
    context.strokeStyle = theme.exposed;
    context.lineWidth = 2;
    context.strokeRect(
      x(gaps.start[i]!) - grown,
      lane.y - grown,
      Math.max(6, x(gaps.end[i]!) - x(gaps.start[i]!)) + 2 * grown,
      lane.height + 2 * grown,
    );
  }
}

/** Messages of one sender, each as far on its way as it is in time. */
function drawMessages(
  context: CanvasRenderingContext2D,
  { ranks, track: { spans } }: Prepared,
  row: RankRow,
  rowOf: (rank: number) => RankRow | undefined,
  at: number,
  head: number,
  scale: number,
  theme: Theme,
): void {
  const { send } = ranks[row.rank]!;
  for (const i of underWay(send, at)) {
    const span = spans[send.item[i]!]!;
    const to = span.kind === 'message' ? rowOf(span.to) : undefined;
    if (!to) continue;
    const done = (at - send.start[i]!) / (send.end[i]! - send.start[i]!);
    const [start, end] = [middleOf(row, 'send'), middleOf(to, 'receive')];
    context.beginPath();
    context.arc(head, start + (end - start) * done, 4.5 * scale, 0, 2 * Math.PI);
    context.fillStyle = lookOf(span.block).colour;
    context.fill();
    context.strokeStyle = theme.ink;
    context.lineWidth = 1.2;
    context.stroke();
  }
}

function middleOf(row: RankRow, name: 'send' | 'receive'): number {
  const lane = row.lanes.find((own) => own.name === name) ?? row.lanes[0]!;
  return lane.y + lane.height / 2;
}

/** At the right of each run's title its own time, which ends with the run. */
function drawClocks(
  context: CanvasRenderingContext2D,
  layout: Layout,
  tracks: readonly Prepared[],
  at: number,
  width: number,
  theme: Theme,
): void {
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.font = `700 ${fontOf(layout, 1.25)}`;
  for (const row of layout.rows) {
    if (row.kind !== 'title') continue;
    const { alignment, length } = tracks[row.track]!;
    const own = Math.min(length, Math.max(0, offAxis(alignment, at)));
    const clock = own < length ? ms(own) : `■ ${ms(length)}`;
    context.lineWidth = 4;
    context.strokeStyle = theme.panel;
    context.strokeText(clock, width - 6, row.y + row.height / 2);
    context.fillStyle = theme.pair[row.track] ?? theme.ink;
    context.fillText(clock, width - 6, row.y + row.height / 2);
  }
  context.textAlign = 'left';
}
