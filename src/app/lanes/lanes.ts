import type { Track } from '../../lab/experiments/track';
import { type Gap, gapsOf } from '../../trace/gaps';
import { merge } from '../../trace/intervals';
import { type Alignment, type LayerOf, layerStartsOf, onAxis } from '../../trace/layers';
import type { Interval } from '../../trace/span';
import { type Mark, marksOf, windowsOf } from '../../trace/windows';
import { DRAWN_BLOCKS, type DrawnBlock } from '../parts/palette';

/**
 * What a lane draws, as columns sorted by start. Times are on the axis (trace/layers.ts), ms. `item` is the place in
 * the track's spans or gaps. `reach` is the largest end so far, by which the first item in view is found.
 */
export type Lane = {
  readonly count: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly reach: Float64Array;
  readonly colour: Uint8Array;
  readonly item: Int32Array;
};

/** Colours of lanes: a block each (`other` is of those that are not known here), then these. */
export const COLOURS = [...DRAWN_BLOCKS, 'exposed', 'idle', 'copy', 'window', 'host', 'uncertain'] as const;
type Colour = (typeof COLOURS)[number];
const PLACES: ReadonlyMap<string, number> = new Map(COLOURS.map((colour, i) => [colour, i]));
const colourOfBlock = (block: string): DrawnBlock => (PLACES.has(block) ? (block as DrawnBlock) : 'other');

export const LANES = ['compute', 'send', 'receive', 'host'] as const;
export type LaneName = (typeof LANES)[number];

export type RankLanes = Readonly<Record<LaneName, Lane>> & {
  readonly gaps: Lane;
  readonly windows: Lane;
  /** Collectives from start to end, over the send and receive lanes. */
  readonly collectives: Lane;
  readonly marks: readonly Mark[];
};

/** A track as it is drawn. */
export type Prepared = {
  /** The track's among all runs of the session. */
  readonly name: string;
  readonly track: Track;
  readonly alignment: Alignment;
  readonly gaps: readonly Gap[];
  /** Names of the collectives, by their operation. */
  readonly collectives: ReadonlyMap<number, string>;
  readonly ranks: readonly RankLanes[];
  readonly layers: readonly (LayerOf & { readonly at: number })[];
  readonly steps: readonly { readonly step: number; readonly at: number }[];
  /** Where the last span ends: on the axis, and by the run's own time, ms. */
  readonly end: number;
  readonly length: number;
};

/** Copies have a colour of their own; other gaps one by whether a collective was under way. */
export const colourOfGap = ({ category, exposed }: Gap): Colour =>
  category === 'copy' ? 'copy' : exposed ? 'exposed' : 'idle';

type Item = { readonly start: number; readonly end: number; readonly colour: number; readonly item: number };

export function prepare(name: string, track: Track, alignment: Alignment): Prepared {
  const { spans, ranks } = track;
  const at = (ms: number) => onAxis(alignment, ms);
  const length = spans.reduce((last, { end }) => Math.max(last, end), 0);
  const gaps = gapsOf(spans, ranks);
  const of = () => Array.from({ length: ranks }, () => [] as Item[]);
  const [compute, send, receive, collectives, gapItems, windows, host] = [of(), of(), of(), of(), of(), of(), of()];
  const put = (lanes: Item[][], rank: number, start: number, end: number, colour: Colour, item: number) =>
    // What goes on over the border of two layers is drawn as long as it was, not over the blank between them.
    lanes[rank]?.push({
      start: at(start),
      end: Math.min(at(end), at(start) + end - start),
      colour: PLACES.get(colour)!,
      item,
    });
  for (const [i, span] of spans.entries()) {
    switch (span.kind) {
      case 'compute':
        for (const [start, end] of span.pieces)
          put(compute, span.rank, start, end, span.uncertain ? 'uncertain' : colourOfBlock(span.block), i);
        break;
      case 'collective':
        put(collectives, span.rank, span.start, span.end, colourOfBlock(span.block), i);
        break;
      case 'message':
        put(send, span.rank, span.start, span.end, colourOfBlock(span.block), i);
        put(receive, span.to, span.start, span.end, colourOfBlock(span.block), i);
    }
  }
  for (const [i, gap] of gaps.entries()) {
    put(gapItems, gap.rank, gap.start, gap.end, colourOfGap(gap), i);
    if (gap.category === 'host') put(host, gap.rank, gap.start, gap.end, 'host', i);
  }
  // Where several are open it is shaded once.
  const open = Array.from({ length: ranks }, () => [] as Interval[]);
  for (const { rank, start, end } of windowsOf(spans)) open[rank]?.push([start, end]);
  for (const [rank, own] of open.entries())
    for (const [start, end] of merge(own)) put(windows, rank, start, end, 'window', 0);
  const marks = Array.from({ length: ranks }, () => [] as Mark[]);
  for (const mark of marksOf(spans)) marks[mark.rank]?.push({ ...mark, at: at(mark.at) });
  return {
    name,
    track,
    alignment,
    gaps,
    collectives: new Map(spans.flatMap(({ kind, op, name: own }) => (kind === 'collective' ? [[op, own]] : []))),
    ranks: Array.from({ length: ranks }, (_, rank) => ({
      compute: laneOf(compute[rank]!),
      send: laneOf(send[rank]!),
      receive: laneOf(receive[rank]!),
      host: laneOf(host[rank]!),
      gaps: laneOf(gapItems[rank]!),
      windows: laneOf(windows[rank]!),
      collectives: laneOf(collectives[rank]!),
      marks: marks[rank]!,
    })),
    layers: layerStartsOf(spans).map(({ at: ms, ...of }) => ({ ...of, at: at(ms) })),
    steps: track.steps.map(({ step, at: ms }) => ({ step, at: at(ms) })),
    end: at(length),
    length,
  };
}

function laneOf(items: Item[]): Lane {
  items.sort((a, b) => a.start - b.start || b.end - a.end);
  const count = items.length;
  const lane = {
    count,
    start: new Float64Array(count),
    end: new Float64Array(count),
    reach: new Float64Array(count),
    colour: new Uint8Array(count),
    item: new Int32Array(count),
  };
  let reach = Number.NEGATIVE_INFINITY;
  for (const [i, item] of items.entries()) {
    reach = Math.max(reach, item.end);
    lane.start[i] = item.start;
    lane.end[i] = item.end;
    lane.reach[i] = reach;
    lane.colour[i] = item.colour;
    lane.item[i] = item.item;
  }
  return lane;
}

/** The first item of a lane that ends after `ms`. */
export function firstAfter({ reach, count }: Lane, ms: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reach[middle]! > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}
