import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapsOf } from '../../src/trace/gaps';
import { intersect, lengthOf, merge, subtract } from '../../src/trace/intervals';
import { type Alignment, alignLayers, layerDifferences, layerStartsOf, offAxis, onAxis } from '../../src/trace/layers';
import { overlapOf } from '../../src/trace/overlap';
import { bytesBetween, sumsOf } from '../../src/trace/range_sums';
import type { CollectiveSpan, ComputeSpan, Interval, Span } from '../../src/trace/span';
import { marksOf, windowsOf } from '../../src/trace/windows';
import { collective as collectiveOn, compute as computeOn, message as messageOn } from '../spans';

const compute = (start: number, end: number, more: Partial<ComputeSpan> = {}) => computeOn(0, start, end, more);
const collective = (op: number, start: number, end: number, more: Partial<CollectiveSpan> = {}) =>
  collectiveOn(op, 0, start, end, more);
const message = (op: number, rank: number, to: number, bytes: number) => messageOn(op, rank, to, 0, 1, bytes);

test('gaps say whether a collective was under way, and why there was no kernel', () => {
  const reader = compute(8, 10, { awaited: { op: 1, at: 7 } });
  const gaps = gapsOf([compute(1, 4), collective(1, 2, 7), reader, collective(2, 9, 14)], 1);
  expect(gaps.map(({ start, end, exposed, category }) => [start, end, exposed, category])).toEqual([
    [0, 1, false, 'host'],
    [4, 7, true, 'waiting'],
    [7, 8, false, 'host'],
    [10, 14, true, 'end'],
  ]);
  expect(gaps[1]).toMatchObject({ op: 1, before: reader });
});

test('where a trace does not say when a kernel was submitted, nobody is blamed for the gap before it', () => {
  const gaps = gapsOf([compute(0, 1, { submitted: null }), compute(3, 4, { submitted: null })], 1);
  expect(gaps.map(({ start, end, category }) => [start, end, category])).toEqual([[1, 3, 'unknown']]);
});

test('gaps and compute together are the whole run, and exposed gaps are what overlap leaves', () => {
  const interval = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(
      fc.array(interval, { maxLength: 12 }),
      fc.array(interval, { maxLength: 8 }),
      fc.nat(60),
      (kernels, collectives, waited) => {
        const spans: Span[] = [
          ...kernels.map(([start, length], i) =>
            compute(start, start + length, { awaited: i % 2 === 0 ? { op: 0, at: waited } : null }),
          ),
          ...collectives.map(([start, length], i) => collective(i, start, start + length)),
        ];
        const gaps = gapsOf(spans, 1);
        const end = Math.max(0, ...spans.map((span) => span.end));
        const of = (kind: Span['kind']) =>
          merge(spans.filter((s) => s.kind === kind).map((s): Interval => [s.start, s.end]));
        const intervals = (kind: 'exposed' | 'idle') =>
          gaps.filter((gap) => gap.exposed === (kind === 'exposed')).map((gap): Interval => [gap.start, gap.end]);
        const free = subtract(end > 0 ? [[0, end]] : [], of('compute'));
        expect(merge([...intervals('exposed'), ...intervals('idle')])).toEqual(free);
        expect(lengthOf(merge(intervals('exposed')))).toBe(lengthOf(intersect(free, of('collective'))));
        const { commMs, hiddenMs } = overlapOf(spans, 0);
        expect(lengthOf(intervals('exposed'))).toBe(commMs - hiddenMs);
        const sums = sumsOf(spans, 1, [0, end]);
        expect(sums.hidden).toBe(hiddenMs);
        expect(sums.exposed + sums.hidden).toBe(commMs);
        expect(sums.idle).toBe(lengthOf(intervals('idle')));
      },
    ),
  );
});

test('sums of a range are means over ranks, of what lies within it', () => {
  const on = (rank: number, start: number, end: number, more: Partial<ComputeSpan> = {}) =>
    computeOn(rank, start, end, { name: 'gemm', ...more });
  const spans: Span[] = [
    on(0, 0, 6),
    on(1, 2, 4),
    // In pieces, of which the first lies before the range.
    on(1, 0, 9, {
      name: 'norm',
      pieces: [
        [0, 1],
        [7, 9],
      ],
    }),
    collectiveOn(1, 0, 5, 12),
    collectiveOn(1, 1, 3, 5),
    messageOn(1, 0, 1, 5, 7),
    // These touch the range and no more.
    on(0, 0, 2),
    on(0, 8, 9),
  ];
  // Rank 0 computes 4 of 6 ms, communicates 3 and hides 1; rank 1 3, 2 and 1, and is idle for 2.
  expect(sumsOf(spans, 2, [2, 8])).toEqual({
    length: 6,
    compute: 3.5,
    comm: 2.5,
    hidden: 1,
    exposed: 1.5,
    idle: 1,
    operations: [
      { block: 'routed', name: 'gemm', ms: 3, count: 2 },
      { block: 'dispatch', name: 'Dispatch', ms: 2.5, count: 2 },
      { block: 'routed', name: 'norm', ms: 0.5, count: 1 },
    ],
  });
});

test('a window lasts until the first kernel that reads the collective; letters stand where the paper puts them', () => {
  const spans: Span[] = [
    compute(0, 2, { block: 'router', layer: 3 }),
    compute(2, 3, { block: 'router', layer: 3 }),
    collective(1, 3, 9, { layer: 3 }),
    compute(3, 8),
    compute(11, 12, { awaited: { op: 1, at: 9 } }),
    compute(12, 13, { awaited: { op: 1, at: 9 } }),
    collective(2, 13, 15, { layer: 3, block: 'combine' }),
  ];
  expect(windowsOf(spans)).toEqual([
    { op: 1, rank: 0, start: 3, end: 11 },
    { op: 2, rank: 0, start: 13, end: 15 },
  ]);
  expect(marksOf(spans).map(({ letter, at }) => `${letter}${at}`)).toEqual(['g0', 'd3', 'c13']);
});

test('the layers of a backward pass follow, the last one first', () => {
  const spans = [
    ...[0, 1].map((layer) => compute(layer, layer + 1, { layer })),
    ...[1, 0].map((layer, i) => compute(2 + i, 3 + i, { layer, phase: 'backward' })),
    compute(4, 5, { layer: 0, phase: 'update' }),
  ];
  expect(layerStartsOf(spans)).toEqual([
    { layer: 0, phase: 'forward', at: 0 },
    { layer: 1, phase: 'forward', at: 1 },
    { layer: 1, phase: 'backward', at: 2 },
    { layer: 0, phase: 'backward', at: 3 },
  ]);
  expect(layerDifferences(spans, spans).map(({ ms }) => ms)).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
    [2, 2],
  ]);
});

test('layers that are aligned begin at once in both runs, and times go to the axis and back', () => {
  const layers = (...starts: number[]): Span[] => starts.map((start, layer) => compute(start, start + 1, { layer }));
  const a = [...layers(1, 5, 9), compute(9, 14, { layer: 2 })];
  const b = layers(2, 4, 11);
  expect(layerStartsOf(a)).toEqual([
    { layer: 0, phase: 'forward', at: 1 },
    { layer: 1, phase: 'forward', at: 5 },
    { layer: 2, phase: 'forward', at: 9 },
  ]);
  const [first, second] = alignLayers([a, b]) as [Alignment, Alignment];
  for (const layer of [0, 1, 2]) expect(onAxis(first, [1, 5, 9][layer]!)).toBe(onAxis(second, [2, 4, 11][layer]!));
  fc.assert(
    fc.property(fc.double({ min: 0, max: 20, noNaN: true }), (ms) => {
      for (const alignment of [first, second]) expect(offAxis(alignment, onAxis(alignment, ms))).toBeCloseTo(ms, 9);
    }),
  );
  expect(layerDifferences(a, b)).toEqual([
    { layer: 0, phase: 'forward', ms: [4, 2] },
    { layer: 1, phase: 'forward', ms: [4, 7] },
    { layer: 2, phase: 'forward', ms: [5, 1] },
  ]);
});

test('layers begin with their own kernels on the first rank, and those that only one run has count in neither', () => {
  const a: Span[] = [
    compute(6, 7, { layer: 2 }),
    compute(3, 4, { layer: 1 }),
    // None of these begins a layer.
    compute(0, 1, { layer: 2, block: 'residual' }),
    compute(0, 1, { layer: null }),
    computeOn(1, 0, 1, { layer: 2 }),
    collective(1, 0, 1, { layer: 2 }),
    compute(2, 3, { layer: 0 }),
  ];
  const b = [compute(1, 2, { layer: 0 }), compute(9, 12, { layer: 2 })];
  expect(layerStartsOf(a).map(({ layer, at }) => [layer, at])).toEqual([
    [0, 2],
    [1, 3],
    [2, 6],
  ]);
  // A later layer never begins before an earlier one.
  expect(layerStartsOf([compute(5, 6, { layer: 0 }), compute(4, 5, { layer: 1 })]).map(({ at }) => at)).toEqual([5, 5]);
  const [first, second] = alignLayers([a, b]) as [Alignment, Alignment];
  // Both at 2; the slower run takes 8 ms from layer 0 to layer 2.
  expect([onAxis(first, 2), onAxis(second, 1), onAxis(first, 6), onAxis(second, 9)]).toEqual([2, 2, 10, 10]);
  expect(onAxis(first, 3)).toBe(3);
  // In the blank before layer 2 the quicker run stands at its beginning.
  expect([offAxis(first, 9), offAxis(first, 10), offAxis(second, 0)]).toEqual([6, 6, 0]);
  expect(layerDifferences(a, b).map(({ layer, ms }) => [layer, ...ms])).toEqual([
    [0, 1, 8],
    [2, 1, 3],
  ]);
  expect(alignLayers([])).toEqual([]);
});

test('letters are of gates and collectives alone, in order of time', () => {
  const spans: Span[] = [
    collective(3, 9, 10, { block: 'all-reduce', layer: 1 }),
    collective(4, 8, 10, { block: 'routed' }),
    compute(5, 6, { block: 'router', layer: 2 }),
    compute(4, 5, { block: 'router', layer: 2 }),
    compute(1, 2, { block: 'dispatch' }),
    { ...collective(5, 0, 1, { block: 'router' }) },
    computeOn(1, 7, 8, { block: 'router', layer: 2 }),
  ];
  expect(marksOf(spans).map(({ letter, rank, at }) => `${letter}${rank} ${at}`)).toEqual(['g0 4', 'g1 7', 'r0 9']);
  // A message that waits for nothing reads no collective.
  expect(windowsOf([collective(1, 3, 9), { ...message(1, 0, 1, 8), start: 4, end: 5 }])).toEqual([
    { op: 1, rank: 0, start: 3, end: 9 },
  ]);
});

test('bytes of a collective, from each rank to each', () => {
  const spans = [message(1, 0, 1, 8), message(1, 0, 1, 2), message(1, 1, 0, 5), message(2, 1, 0, 99)];
  expect(bytesBetween(spans, 1, 2)).toEqual([
    [0, 10],
    [5, 0],
  ]);
});
