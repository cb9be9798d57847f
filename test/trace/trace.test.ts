import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrow, offsetOf, toMs, UNKNOWN_CLOCK } from '../../src/trace/clock';
import { hiddenShare, type Interval, intersect, lengthOf, merge, overlapOf } from '../../src/trace/overlap';
import type { Span } from '../../src/trace/span';

const intervals = fc.array(
  fc.tuple(fc.nat(60), fc.nat(9)).map(([start, length]): Interval => [start, start + length]),
  { maxLength: 12 },
);

/** How many unit cells [i, i + 1) are covered: interval arithmetic done by counting. */
const cells = (list: readonly Interval[]) => new Set(list.flatMap(([a, b]) => Array.from({ length: b - a }, (_, i) => a + i)));

test('merged and intersected intervals cover what counting covers', () => {
  fc.assert(
    fc.property(intervals, intervals, (a, b) => {
      const [x, y] = [cells(a), cells(b)];
      expect(lengthOf(merge(a))).toBe(x.size);
      expect(lengthOf(intersect(merge(a), merge(b)))).toBe([...x].filter((cell) => y.has(cell)).length);
    }),
  );
});

test('overlap is per rank, and messages count for nothing', () => {
  const at = { op: 0, name: '', block: 'routed' as const, layer: 0, clock: 'host' as const };
  const spans: Span[] = [
    { ...at, kind: 'compute', rank: 0, start: 0, end: 4, gpuMs: null, flops: 0 },
    { ...at, kind: 'collective', rank: 0, start: 2, end: 6, sentBytes: 0, receivedBytes: 0 },
    { ...at, kind: 'message', rank: 0, to: 1, start: 0, end: 9, bytes: 1 },
    { ...at, kind: 'compute', rank: 1, start: 0, end: 99, gpuMs: null, flops: 0 },
  ];
  expect(overlapOf(spans, 0)).toEqual({ computeMs: 4, commMs: 4, hiddenMs: 2 });
  expect(hiddenShare([overlapOf(spans, 0), overlapOf(spans, 1)])).toBe(0.5);
  expect(hiddenShare([overlapOf(spans, 1)])).toBeNull();
});

test('a clock is never further off than its error says', () => {
  const piece = fc.record({
    at: fc.double({ min: 0, max: 1e6, noNaN: true }),
    queued: fc.double({ min: 0, max: 5, noNaN: true }),
    took: fc.double({ min: 0, max: 5, noNaN: true }),
    told: fc.double({ min: 0, max: 5, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.array(piece, { minLength: 1 }), (truth, pieces) => {
      const ns = (hostMs: number) => BigInt(Math.round((hostMs - truth + 2e6) * 1e6));
      const bounds = pieces.reduce(
        (known, { at, queued, took, told }) => narrow(known, at, ns(at + queued), ns(at + queued + took), at + queued + took + told),
        UNKNOWN_CLOCK,
      );
      const { offset, error } = offsetOf(bounds);
      expect(Math.abs(offset - (truth - 2e6))).toBeLessThanOrEqual(error + 1e-5);
    }),
  );
});

test('nanoseconds keep their digits', () => {
  expect(toMs(1_700_000_000_000_123_456n) - 1_700_000_000_000).toBeCloseTo(0.123456, 3);
});
