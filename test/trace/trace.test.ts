import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrow, offsetOf, toMs, UNKNOWN_CLOCK } from '../../src/trace/clock';
import { exposuresOf, hostMsOf, reasonOf } from '../../src/trace/exposure';
import {
  hiddenShare,
  type Interval,
  intersect,
  lengthOf,
  merge,
  operationMs,
  overlapOf,
  subtract,
} from '../../src/trace/overlap';
import type { Span } from '../../src/trace/span';
import { collective, compute, message } from '../spans';

const intervals = fc.array(
  fc.tuple(fc.nat(60), fc.nat(9)).map(([start, length]): Interval => [start, start + length]),
  { maxLength: 12 },
);

/** How many unit cells [i, i + 1) are covered: interval arithmetic done by counting. */
const cells = (list: readonly Interval[]) =>
  new Set(list.flatMap(([a, b]) => Array.from({ length: b - a }, (_, i) => a + i)));

test('merged and intersected intervals cover what counting covers', () => {
  fc.assert(
    fc.property(intervals, intervals, (a, b) => {
      const [x, y] = [cells(a), cells(b)];
      expect(lengthOf(merge(a))).toBe(x.size);
      expect(lengthOf(intersect(merge(a), merge(b)))).toBe([...x].filter((cell) => y.has(cell)).length);
      expect(lengthOf(subtract(merge(a), merge(b)))).toBe([...x].filter((cell) => !y.has(cell)).length);
    }),
  );
});

test('overlap is per rank, and messages count for nothing', () => {
  const at = { op: 0, name: '', block: 'routed', phase: 'forward' as const, layer: 0, clock: 'host' as const };
  const spans: Span[] = [
    {
      ...at,
      kind: 'compute',
      kernel: null,
      rank: 0,
      start: 0,
      end: 4,
      uncertain: false,
      gpuMs: null,
      flops: 0,
      submitted: 0,
      awaited: null,
    },
    { ...at, kind: 'collective', rank: 0, start: 2, end: 6, sentBytes: 0, receivedBytes: 0 },
    { ...at, kind: 'message', rank: 0, to: 1, start: 0, end: 9, bytes: 1 },
    {
      ...at,
      kind: 'compute',
      kernel: null,
      rank: 1,
      start: 0,
      end: 99,
      uncertain: false,
      gpuMs: null,
      flops: 0,
      submitted: 0,
      awaited: null,
    },
  ];
  expect(overlapOf(spans, 0)).toEqual({ computeMs: 4, commMs: 4, hiddenMs: 2 });
  expect(hiddenShare([overlapOf(spans, 0), overlapOf(spans, 1)])).toBe(0.5);
  expect(hiddenShare([overlapOf(spans, 1)])).toBeNull();
});

test('what exposed a collective is told apart: waiting for it, nothing left to do, the host', () => {
  const at = { name: 'k', block: 'routed', phase: 'forward' as const, layer: 0 };
  const compute = (
    start: number,
    end: number,
    submitted: number,
    awaited: { op: number; at: number } | null,
    name = 'k',
  ) =>
    ({
      ...at,
      name,
      op: 9,
      kind: 'compute',
      kernel: null,
      rank: 0,
      start,
      end,
      clock: 'gpu',
      uncertain: false,
      gpuMs: null,
      flops: 0,
      submitted,
      awaited,
    }) as const;
  const collective = (op: number, start: number, end: number) =>
    ({ ...at, op, kind: 'collective', rank: 0, start, end, clock: 'host', sentBytes: 0, receivedBytes: 0 }) as const;
  const spans: Span[] = [
    compute(0, 4, 0, null),
    collective(1, 2, 7),
    // Waits for collective 1 until 7; the host hands it over at 8 only.
    compute(8, 10, 8, { op: 1, at: 7 }, 'reader'),
    collective(2, 7, 14),
    // Nothing to do until the end of collective 2, which no kernel reads.
  ];
  expect(hostMsOf(spans, 0)).toBe(1);
  expect(exposuresOf(spans, 1)).toEqual([
    {
      op: 1,
      name: 'k',
      layer: 0,
      rank: 0,
      ms: 5,
      hiddenMs: 2,
      exposed: { awaited: 3, host: 0, noWork: 0 },
      awaitedBy: 'reader',
    },
    {
      op: 2,
      name: 'k',
      layer: 0,
      rank: 0,
      ms: 7,
      hiddenMs: 2,
      exposed: { awaited: 0, host: 1, noWork: 4 },
      awaitedBy: null,
    },
  ]);
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
        (known, { at, queued, took, told }) =>
          narrow(known, at, ns(at + queued), ns(at + queued + took), at + queued + took + told),
        UNKNOWN_CLOCK,
      );
      const { offset, error } = offsetOf(bounds);
      expect(Math.abs(offset - (truth - 2e6))).toBeLessThanOrEqual(error + 1e-5);
    }),
  );
});

test('timestamps rounded down to a step still bound the clock, and the step is found', () => {
  const STEP = 65_536n;
  const duration = fc.double({ min: 0, max: 3, noNaN: true });
  const piece = fc.record({
    at: fc.double({ min: 0, max: 1e4, noNaN: true }),
    queued: duration,
    took: duration,
    told: duration,
  });
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.array(piece, { minLength: 1, maxLength: 30 }),
      (truth, pieces) => {
        const ns = (hostMs: number) => (BigInt(Math.round((hostMs - truth + 2e6) * 1e6)) / STEP) * STEP;
        const bounds = pieces.reduce(
          (known, { at, queued, took, told }) =>
            narrow(known, at, ns(at + queued), ns(at + queued + took), at + queued + took + told),
          UNKNOWN_CLOCK,
        );
        expect(bounds.tickNs % STEP).toBe(0n);
        const { offset, error } = offsetOf(bounds);
        expect(Math.abs(offset - (truth - 2e6))).toBeLessThanOrEqual(error + 1e-5);
      },
    ),
  );
});

test('overlap shorter than the step of the clocks is not claimed', () => {
  const spans = [collective(0, 0, 0, 10), compute(0, 1, 1.05), compute(0, 4, 5)];
  expect(overlapOf(spans, 0).hiddenMs).toBeCloseTo(1.05, 9);
  expect(overlapOf(spans, 0, 0.1).hiddenMs).toBeCloseTo(1, 9);
});

test('nanoseconds keep their digits', () => {
  expect(toMs(1_700_000_000_000_123_456n) - 1_700_000_000_000).toBeCloseTo(0.123456, 3);
});

test('ranks take turns on one device: an operation takes its turns together, not what its ranks waited for one another', () => {
  const kernel = (op: number, rank: number, start: number, end: number) => compute(rank, start, end, { op });
  // Both ranks run operation 1 (3 ms each), then operation 2 (1 ms each): spans reach back to when each rank could
  // start.
  const spans = [kernel(1, 0, 0, 3), kernel(1, 1, 0, 6), kernel(2, 0, 3, 7), kernel(2, 1, 6, 8)];
  expect(Object.fromEntries(operationMs(spans, 2))).toEqual({ 1: 6, 2: 2 });
  // Messages of both directions, and what a collective waited for behind another is not its own.
  expect(operationMs([message(5, 0, 1, 3, 5), message(5, 1, 0, 4, 8)], 2).get(5)).toBe(3);
  // The device idles until both are ready at 10.
  expect(operationMs([...spans, kernel(3, 0, 10, 11), kernel(3, 1, 10, 12)], 2).get(3)).toBe(2);
});

test.each([
  [{ ms: 10, hiddenMs: 9.9, exposed: { awaited: 0.1, noWork: 0, host: 0 } }, 20, null],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 6, noWork: 0, host: 0 } }, 4, 'wire slower than compute'],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 6, noWork: 0, host: 0 } }, 20, 'waited for'],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 1, noWork: 5, host: 0 } }, 20, 'no work left'],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 1, noWork: 1, host: 4 } }, 4, 'host late'],
] as const)('what is exposed of %j beside %d ms of other compute: %s', (exposure, independent, reason) => {
  expect(reasonOf({ op: 0, name: '', layer: 0, awaitedBy: null, ...exposure }, independent)).toBe(reason);
});
