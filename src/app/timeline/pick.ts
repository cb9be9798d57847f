import { onAxis } from '../../trace/layers';
import type { Interval } from '../../trace/overlap';
import type { Selection } from '../view';
import { firstAfter, type Lane, type LaneName, type Prepared } from './lanes';
import type { Layout } from './layout';

/** The lists of a lane that can be picked from, those drawn above first. */
function listsOf({ ranks }: Prepared, rank: number, lane: LaneName): readonly { readonly list: Lane; readonly kind: Selection['kind'] }[] {
  const own = ranks[rank]!;
  switch (lane) {
    case 'compute':
      return [
        { list: own.compute, kind: 'span' },
        { list: own.gaps, kind: 'gap' },
      ];
    case 'send':
      return [{ list: own.send, kind: 'span' }];
    case 'receive':
      return [
        { list: own.receive, kind: 'span' },
        { list: own.collectives, kind: 'span' },
      ];
    case 'host':
      return [{ list: own.host, kind: 'gap' }];
  }
}

/** What lies at a time of the axis in a lane, or within `tolerance` ms of it: the shortest of those drawn uppermost; null where nothing is. */
export function pickAt(
  tracks: readonly Prepared[],
  track: number,
  rank: number,
  lane: LaneName,
  at: number,
  tolerance: number,
): Selection | null {
  for (const { list, kind } of listsOf(tracks[track]!, rank, lane)) {
    let best: { item: number; score: number } | null = null;
    for (let i = firstAfter(list, at - tolerance); i < list.count && list.start[i]! <= at + tolerance; i++) {
      const [start, end] = [list.start[i]!, list.end[i]!];
      if (end < at - tolerance) continue;
      const away = Math.max(0, start - at, at - end);
      const score = away * 1e6 + (end - start);
      if (!best || score < best.score) best = { item: list.item[i]!, score };
    }
    if (best) return { track: track === 0 ? 0 : 1, kind, index: best.item };
  }
  return null;
}

/** Where a selection lies: its lane and its place on the axis; null for one that there is not. */
export function placeOf(
  tracks: readonly Prepared[],
  { track, kind, index }: Selection,
): { readonly track: number; readonly rank: number; readonly lane: LaneName; readonly interval: Interval } | null {
  const prepared = tracks[track];
  const item = kind === 'span' ? prepared?.track.spans[index] : prepared?.gaps[index];
  if (!prepared || !item) return null;
  const interval: Interval = [onAxis(prepared.alignment, item.start), onAxis(prepared.alignment, item.end)];
  const lane = kind === 'gap' || item.kind === 'compute' ? 'compute' : item.kind === 'message' ? 'send' : 'receive';
  return { track, rank: item.rank, lane, interval };
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The neighbour of a selection: in its lane before or after, or in the lane above or below nearest in time. */
export function neighbour(tracks: readonly Prepared[], layout: Layout, from: Selection | null, direction: Direction): Selection | null {
  const lanes = layout.rows.flatMap((row) =>
    row.kind === 'rank' ? row.lanes.map(({ name }) => ({ track: row.track, rank: row.rank, lane: name })) : [],
  );
  const place = from && placeOf(tracks, from);
  if (!from || !place) {
    const first = lanes[0];
    return first ? (orderOf(tracks, first)[0]?.selection ?? null) : null;
  }
  const here = lanes.findIndex(({ track, rank, lane }) => track === place.track && rank === place.rank && lane === place.lane);
  if (direction === 'left' || direction === 'right') {
    const order = orderOf(tracks, place);
    const at = order.findIndex(({ selection }) => selection.kind === from.kind && selection.index === from.index);
    return order[at + (direction === 'right' ? 1 : -1)]?.selection ?? null;
  }
  const [start] = place.interval;
  for (let i = here + (direction === 'down' ? 1 : -1); i >= 0 && i < lanes.length; i += direction === 'down' ? 1 : -1) {
    const order = orderOf(tracks, lanes[i]!);
    const nearest = order.reduce<(typeof order)[number] | null>(
      (best, each) => (best === null || Math.abs(each.start - start) < Math.abs(best.start - start) ? each : best),
      null,
    );
    if (nearest) return nearest.selection;
  }
  return null;
}

/** All that can be picked in a lane, in order of time. */
function orderOf(
  tracks: readonly Prepared[],
  { track, rank, lane }: { readonly track: number; readonly rank: number; readonly lane: LaneName },
): { readonly start: number; readonly selection: Selection }[] {
  return listsOf(tracks[track]!, rank, lane)
    .flatMap(({ list, kind }) =>
      Array.from(list.item, (index, i) => ({
        start: list.start[i]!,
        selection: { track: track === 0 ? (0 as const) : (1 as const), kind, index },
      })),
    )
    .toSorted((a, b) => a.start - b.start);
}
