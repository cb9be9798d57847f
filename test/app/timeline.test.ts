import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepare } from '../../src/app/lanes/lanes';
import { laneAt, layOut } from '../../src/app/lanes/layout';
import { neighbour, pickAt, placeOf } from '../../src/app/lanes/pick';
import { type Rgba, rasterLane } from '../../src/app/lanes/raster';
import { nextMatch, notMatching } from '../../src/app/lanes/search';
import { type Selection, selectedOf, selectionIn } from '../../src/app/lanes/selection';
import { timelinesOf } from '../../src/app/lanes/timelines';
import { panned, zoomed } from '../../src/app/lanes/zoom';
import { Selected } from '../../src/app/state/view';
import { plainTrack, type Track } from '../../src/lab/experiments/track';
import { UNALIGNED } from '../../src/trace/layers';
import type { ComputeSpan, Span } from '../../src/trace/span';
import { collective as collectiveOn, compute as computeOn, message as messageOn } from '../spans';

const attention = { name: 'q', kernel: 'gemm', block: 'attention' } as const;
const compute = (rank: number, start: number, end: number, more: Partial<ComputeSpan> = {}) =>
  computeOn(rank, start, end, { ...attention, ...more });
const message = (rank: number, to: number, start: number, end: number) => messageOn(2, rank, to, start, end);
const collective = (rank: number, start: number, end: number) => collectiveOn(2, rank, start, end);
const trackOf = (spans: readonly Span[], ranks = 2) => plainTrack('trace', ranks, spans);
const timelines = (tracks: readonly Track[], align: 'time' | 'layer' = 'time') =>
  timelinesOf(
    tracks.map((track, i) => ({ name: `run${i}/trace`, track, run: null })),
    align,
  );

test('a raster covers pixels by the area of spans, however many lie in one', () => {
  const colours: Rgba[] = Array.from({ length: 20 }, () => [10, 20, 30, 1]);
  const width = 40;
  const item = fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0.001, max: 30, noNaN: true }));
  fc.assert(
    fc.property(fc.array(item, { maxLength: 30 }), fc.double({ min: 0, max: 60, noNaN: true }), (items, from) => {
      // One after the other, as kernels of a device are.
      let free = 0;
      const spans = items.map(([gap, length]) => {
        const start = free + gap / 10;
        free = start + length / 10;
        return compute(0, start, free);
      });
      const lane = prepare('a/trace', trackOf(spans), UNALIGNED).ranks[0]!.compute;
      const row = new Uint8ClampedArray(4 * width);
      const scale = width / 20;
      rasterLane(lane, from, scale, row, colours, new Float32Array(4 * width));
      for (let pixel = 0; pixel < width; pixel++) {
        const [left, right] = [from + pixel / scale, from + (pixel + 1) / scale];
        const covered =
          spans.reduce((sum, { start, end }) => sum + Math.max(0, Math.min(right, end) - Math.max(left, start)), 0) *
          scale;
        expect(Math.abs(row[4 * pixel + 3]! - 255 * covered)).toBeLessThanOrEqual(1.5);
      }
    }),
  );
});

const SPANS = [
  compute(0, 0, 4),
  compute(0, 6, 9, { awaited: { op: 2, at: 6 }, name: 'router', block: 'router', layer: 1 }),
  compute(1, 1, 2),
  message(0, 1, 2, 6),
  collective(0, 2, 6),
  collective(1, 2, 5),
];

test('what is under the pointer is found, and arrow keys reach every span and gap', () => {
  const { tracks } = timelines([trackOf(SPANS)]);
  const layout = layOut(tracks, new Set());
  expect(pickAt(tracks, 0, 0, 'compute', 3, 0.1)).toEqual({ track: 0, kind: 'span', index: 0 });
  const gap = pickAt(tracks, 0, 0, 'compute', 5, 0.1)!;
  expect(gap.kind).toBe('gap');
  expect(tracks[0]!.gaps[gap.index]).toMatchObject({ exposed: true, category: 'waiting', op: 2 });
  expect(tracks[0]!.track.spans[pickAt(tracks, 0, 1, 'receive', 3, 0.1)!.index]!.kind).toBe('message');
  expect(tracks[0]!.track.spans[pickAt(tracks, 0, 0, 'receive', 3, 0.1)!.index]!.kind).toBe('collective');
  expect(pickAt(tracks, 0, 1, 'send', 3, 0.1)).toBeNull();

  const seen = new Set<string>();
  for (
    let here = neighbour(tracks, layout, null, 'right', 0);
    here;
    here = neighbour(tracks, layout, { ...here, time: 0 }, 'right', 0)
  )
    seen.add(`${here.selection.kind}${here.selection.index}`);
  expect(seen).toEqual(new Set(['span0', `gap${gap.index}`, 'span1']));
  // Down through every lane that holds something, whichever lane a message is drawn in, and up again.
  const down: string[] = [];
  let last = neighbour(tracks, layout, null, 'down', 0);
  for (let here = last; here; here = neighbour(tracks, layout, { ...here, time: 0 }, 'down', 0)) {
    last = here;
    down.push(`${here.at.rank} ${here.at.lane}`);
  }
  expect(down).toEqual(['0 compute', '0 send', '0 receive', '1 compute', '1 receive', '1 host']);
  const up: string[] = [];
  for (let here = last; here; here = neighbour(tracks, layout, { ...here, time: 0 }, 'up', 0))
    up.push(`${here.at.rank} ${here.at.lane}`);
  expect(up.toReversed()).toEqual(down);
  expect(placeOf(tracks, { track: 1, kind: 'span', index: 0 })).toBeNull();
  expect(placeOf(tracks, { track: 0, kind: 'span', index: 99 })).toBeNull();
});

test('what is selected is said by what it is, and found again by that', () => {
  // Two messages alike but in time, as those of a ring; and a wait in two pieces before one kernel.
  const spans = [...SPANS, message(0, 1, 6, 7)];
  const { tracks } = timelines([trackOf(SPANS), trackOf(spans)]);
  const all = tracks.flatMap(({ track, gaps }, i) => [
    ...track.spans.map((_, index): Selection => ({ track: i, kind: 'span', index })),
    ...gaps.map((_, index): Selection => ({ track: i, kind: 'gap', index })),
  ]);
  const named = all.map((selection) => JSON.stringify(selectedOf(tracks, selection)));
  expect(new Set(named).size).toBe(all.length);
  expect(named.map((name) => selectionIn(tracks, Selected.parse(JSON.parse(name))))).toEqual(all);
  // The tracks the other way round: the same is selected.
  const [first, second] = tracks;
  const turned = [second!, first!];
  expect(selectionIn(turned, selectedOf(tracks, { track: 1, kind: 'span', index: 2 }))).toEqual({
    track: 0,
    kind: 'span',
    index: 2,
  });
  const kernel = { track: 'run0/trace', kind: 'compute', op: 1, rank: 0, nth: 0 } as const;
  expect(selectionIn(tracks, { ...kernel, nth: 9 })).toBeNull();
  expect(selectionIn(tracks, { ...kernel, track: 'another/trace' })).toBeNull();
  // By place, as links of version 1 say it.
  expect(selectionIn(tracks, { track: 'run1/trace', list: 'spans', place: 3 })).toMatchObject({ track: 1, index: 3 });
  expect(selectionIn(tracks, { track: 'run1/trace', list: 'gaps', place: 99 })).toBeNull();
});

test('laid under each other by layer, spans stay as long as they were', () => {
  const layers = (...starts: number[]): Span[] => starts.map((start, layer) => compute(0, start, start + 3, { layer }));
  // The lower run's first layer is the shorter one, and its kernel goes on over the border to the second.
  const { tracks } = timelines([trackOf(layers(0, 9, 20), 1), trackOf(layers(0, 2, 20), 1)], 'layer');
  for (const { ranks } of tracks) {
    const { start, end } = ranks[0]!.compute;
    for (let i = 0; i < 3; i++) expect(end[i]! - start[i]!).toBeCloseTo(3, 9);
  }
  expect(tracks.map(({ layers: own }) => own.map(({ at }) => at))).toEqual([
    [0, 9, 27],
    [0, 9, 27],
  ]);
});

test('lanes are found by height; folded devices have one', () => {
  const { tracks } = timelines([trackOf(SPANS), trackOf(SPANS)]);
  const layout = layOut(tracks, new Set([1]));
  const ranks = layout.rows.filter((row) => row.kind === 'rank');
  expect(ranks.map(({ track, rank, lanes }) => [track, rank, lanes.length])).toEqual([
    [0, 0, 4],
    [0, 1, 1],
    [1, 0, 4],
    [1, 1, 1],
  ]);
  for (const row of ranks)
    for (const { name, y, height } of row.lanes)
      expect(laneAt(layout, y + height / 2)).toMatchObject({ row: { track: row.track, rank: row.rank }, lane: name });
  expect(laneAt(layout, 3)).toBeNull();
});

test('a node folds when all of its devices do', () => {
  const track = { ...trackOf([0, 1, 2, 3].map((rank) => compute(rank, 0, 4))), ranks: 4, nodeOf: [0, 0, 1, 1] };
  const { tracks } = timelines([track]);
  const nodes = (...folded: readonly number[]) =>
    layOut(tracks, new Set(folded)).rows.flatMap((row) =>
      row.kind === 'node' ? [[row.node, row.ranks, row.collapsed]] : [],
    );
  expect(nodes(0, 2, 3)).toEqual([
    [0, [0, 1], false],
    [1, [2, 3], true],
  ]);
});

test('a search finds words in names, blocks and kernels, and layers and devices by number', () => {
  const found = (search: string) => SPANS.flatMap((_, i) => (notMatching(SPANS, search)![i] === 0 ? [i] : []));
  expect(found('ROUTER')).toEqual([1]);
  expect(found('gemm device 1')).toEqual([2]);
  expect(found('layer 1')).toEqual([1]);
  expect(found('dispatch')).toEqual([3, 4, 5]);
  expect(found('<script>')).toEqual([]);
  expect(notMatching(SPANS, ' ')).toBeNull();
  const missing = notMatching(SPANS, 'dispatch')!;
  expect([nextMatch(missing, -1, 1), nextMatch(missing, 5, 1), nextMatch(missing, 3, -1)]).toEqual([3, 3, 5]);
  expect(nextMatch(notMatching(SPANS, 'x')!, 0, 1)).toBe(-1);
});

test('zooming keeps the time under the pointer, and no view leaves the axis', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      share,
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      share,
      (at, length, factor, around) => {
        const whole = 250;
        const from = at * (whole - length * whole);
        const view = { from, to: from + length * whole };
        const next = zoomed(view, factor, view.from + around * (view.to - view.from), whole);
        for (const { from: start, to } of [next, panned(view, factor - 5, whole)]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(whole + 1e-9);
          expect(to).toBeGreaterThan(start);
        }
        if (next.from > 0 && next.to < whole) {
          const x = (view.from + around * (view.to - view.from) - next.from) / (next.to - next.from);
          expect(x).toBeCloseTo(around, 6);
        }
      },
    ),
  );
});
