import { LANES, type LaneName, type Prepared } from './lanes';

/** Heights in CSS pixels, where text is of TEXT pixels. */
const HEIGHT: Readonly<Record<LaneName, number>> = { compute: 20, send: 11, receive: 11, host: 5 };
export const TEXT = 12;
const COLLAPSED = 12;
const GAP = 6;
const AXIS = 22;
const TITLE = 24;
const LAYERS = 16;
const DIFFERENCE = 24;
/** A finger needs as much. */
const TOUCH = 24;

export type Row =
  | { readonly kind: 'axis'; readonly y: number; readonly height: number }
  | { readonly kind: 'title' | 'layers'; readonly y: number; readonly height: number; readonly track: number }
  | {
      readonly kind: 'node';
      readonly y: number;
      readonly height: number;
      readonly track: number;
      readonly node: number;
      readonly ranks: readonly number[];
      /** All of them are. */
      readonly collapsed: boolean;
    }
  | {
      readonly kind: 'rank';
      readonly y: number;
      readonly height: number;
      readonly track: number;
      readonly rank: number;
      readonly collapsed: boolean;
      readonly lanes: readonly { readonly name: LaneName; readonly y: number; readonly height: number }[];
    }
  | { readonly kind: 'difference'; readonly y: number; readonly height: number };

/** `scale`: how many times as large all is as in a window; 1.5 when presenting. */
export type Layout = { readonly rows: readonly Row[]; readonly height: number; readonly scale: number };

/**
 * Rows under each other: an axis, and for each track its layers, its nodes and their ranks; between the first two, if
 * they compare, the difference of their layers. All heights are `scale` times those above.
 */
export function layOut(
  tracks: readonly Prepared[],
  collapsed: ReadonlySet<number>,
  compares = true,
  scale = 1,
): Layout {
  const rows: Row[] = [];
  let y = 0;
  const add = (height: number, row: (at: { y: number; height: number }) => Row) => {
    rows.push(row({ y, height: height * scale }));
    y += height * scale;
  };
  add(AXIS, (at) => ({ kind: 'axis', ...at }));
  for (const [index, { track }] of tracks.entries()) {
    if (index === 1 && compares) add(DIFFERENCE, (at) => ({ kind: 'difference', ...at }));
    add(TITLE, (at) => ({ kind: 'title', ...at, track: index }));
    add(LAYERS, (at) => ({ kind: 'layers', ...at, track: index }));
    const several = new Set(track.nodeOf).size > 1;
    for (let rank = 0; rank < track.ranks; rank++) {
      // Of a job of many ranks only some may have been opened.
      const { compute, collectives } = tracks[index]!.ranks[rank]!;
      if (compute.count + collectives.count === 0) continue;
      const node = track.nodeOf[rank]!;
      if (several && node !== track.nodeOf[rank - 1]) {
        const own = track.nodeOf.flatMap((each, i) => (each === node ? [i] : []));
        const folded = own.every((each) => collapsed.has(each));
        add(TOUCH, (at) => ({ kind: 'node', ...at, track: index, node, ranks: own, collapsed: folded }));
      }
      const closed = collapsed.has(rank);
      const lanes: { name: LaneName; y: number; height: number }[] = [];
      let at = y;
      if (closed) lanes.push({ name: 'compute', y: at, height: COLLAPSED * scale });
      else
        for (const name of LANES) {
          lanes.push({ name, y: at, height: HEIGHT[name] * scale });
          at += HEIGHT[name] * scale + 1;
        }
      const height = closed ? Math.max((COLLAPSED + GAP) * scale, TOUCH) : at - y + GAP;
      rows.push({ kind: 'rank', y, height, track: index, rank, collapsed: closed, lanes });
      y += height;
    }
  }
  return { rows, height: y + 4, scale };
}

/** The lane at a height, and the row that it is in. */
export function laneAt({ rows }: Layout, y: number): { row: Extract<Row, { kind: 'rank' }>; lane: LaneName } | null {
  for (const row of rows) {
    if (row.kind !== 'rank' || y < row.y || y >= row.y + row.height) continue;
    const lane = row.lanes.findLast((each) => y >= each.y - 1) ?? row.lanes[0];
    return lane ? { row, lane: lane.name } : null;
  }
  return null;
}

/** Text on the lanes, so many times as large as most of it. */
export const fontOf = ({ scale }: Layout, times = 1): string => `${TEXT * scale * times}px system-ui, sans-serif`;
