import { onAxis } from '../../trace/layers';
import type { Interval, Span } from '../../trace/span';
import { firstAfter, type Lane, type LaneName, type Prepared } from './lanes';
import type { Layout } from './layout';
import type { Selection } from './selection';

/** The lists of a lane that can be picked from, those drawn above first. */
function listsOf(
  { ranks }: Prepared,
  rank: number,
  lane: LaneName,
): readonly { readonly list: Lane; readonly kind: Selection['kind'] }[] {
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

/**
 * What lies at a time of the axis in a lane, or within `tolerance` ms of it: the shortest of those drawn uppermost;
 * null where nothing is.
 */
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
    if (best) return { track, kind, index: best.item };
  }
  return null;
}

/** Where a selection lies: its lane and its place on the axis; null for one that there is not. */
export function placeOf(
  tracks: readonly Prepared[],
  { track, kind, index }: Selection,
): (LanePlace & { readonly interval: Interval }) | null {
  const prepared = tracks[track];
  const item = kind === 'span' ? prepared?.track.spans[index] : prepared?.gaps[index];
  if (!prepared || !item) return null;
  const interval: Interval = [onAxis(prepared.alignment, item.start), onAxis(prepared.alignment, item.end)];
  const lane = laneOf('category' in item ? 'gap' : item.kind);
  return { track, rank: item.rank, lane, interval };
}

function laneOf(kind: Span['kind'] | 'gap'): LaneName {
  switch (kind) {
    case 'message':
      return 'send';
    case 'collective':
      return 'receive';
    default:
      return 'compute';
  }
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** A lane of a rank of a track. */
export type LanePlace = { readonly track: number; readonly rank: number; readonly lane: LaneName };

/**
 * The neighbour of what is selected in a lane: before or after it there, or in the lane above or below nearest to
 * `time`, ms of the axis. A message lies in two lanes, and what the host is late with in another lane than its gap: so
 * the lane is told beside. Of nothing, the first that begins in view, at `viewFrom` or later.
 */
export function neighbour(
  tracks: readonly Prepared[],
  layout: Layout,
  from: { readonly selection: Selection; readonly at: LanePlace; readonly time: number } | null,
  direction: Direction,
  viewFrom: number,
): { readonly selection: Selection; readonly at: LanePlace } | null {
  const lanes = layout.rows.flatMap((row): LanePlace[] =>
    row.kind === 'rank' ? row.lanes.map(({ name }) => ({ track: row.track, rank: row.rank, lane: name })) : [],
  );
  const place = from && placeOf(tracks, from.selection);
  if (!from || !place) {
    for (const from of [viewFrom, Number.NEGATIVE_INFINITY])
      for (const at of lanes) {
        const first = orderOf(tracks, at).find(({ start }) => start >= from);
        if (first) return { selection: first.selection, at };
      }
    return null;
  }
  if (direction === 'left' || direction === 'right') {
    const order = orderOf(tracks, from.at);
    const here = order.findIndex(
      ({ selection: { kind, index } }) => kind === from.selection.kind && index === from.selection.index,
    );
    const next = order[here + (direction === 'right' ? 1 : -1)];
    return next ? { selection: next.selection, at: from.at } : null;
  }
  const step = direction === 'down' ? 1 : -1;
  const here = lanes.findIndex(
    ({ track, rank, lane }) => track === from.at.track && rank === from.at.rank && lane === from.at.lane,
  );
  for (let i = here + step; i >= 0 && i < lanes.length; i += step) {
    const nearest = orderOf(tracks, lanes[i]!).reduce<Ordered | null>(
      (best, each) =>
        best === null || Math.abs(each.start - from.time) < Math.abs(best.start - from.time) ? each : best,
      null,
    );
    if (nearest) return { selection: nearest.selection, at: lanes[i]! };
  }
  return null;
}

type Ordered = { readonly start: number; readonly selection: Selection };

/** All that can be picked in a lane, in order of time. */
function orderOf(tracks: readonly Prepared[], { track, rank, lane }: LanePlace): Ordered[] {
  const seen = new Set<string>();
  return listsOf(tracks[track]!, rank, lane)
    .flatMap(({ list, kind }) =>
      Array.from(list.item, (index, i) => ({
        start: list.start[i]!,
        selection: { track, kind, index },
      })),
    )
    .toSorted((a, b) => a.start - b.start)
    .filter(({ selection: { kind, index } }) => {
      // A kernel in pieces is one.
      const key = `${kind} ${index}`;
      return !seen.has(key) && seen.add(key);
    });
}
