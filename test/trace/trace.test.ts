import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorOf, narrow, offsetOf, stepOf, toMs, UNKNOWN_CLOCK } from '../../src/trace/clock';
import { exposuresOf, meanExposures, reasonOf } from '../../src/trace/exposure';
import { categoriesOf } from '../../src/trace/gaps';
import { intersect, lengthOf, merge, subtract } from '../../src/trace/intervals';
import { operationTimesOf } from '../../src/trace/operation_times';
import { hiddenShare, overlapOf, wireOverlapOf } from '../../src/trace/overlap';
import { piecesOf, turnsOf } from '../../src/trace/rounds';
import { type Interval, laterBy, type Span } from '../../src/trace/span';
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

test('overlap is per rank, counts pieces alone, and neither messages nor copies', () => {
  const spans: Span[] = [
    compute(0, 0, 5, {
      pieces: [
        [0, 3],
        [4, 5],
      ],
    }),
    collective(1, 0, 2, 6),
    message(1, 0, 1, 0, 9),
    { ...collective(1, 0, 0, 9), kind: 'copy', source: 'gpu', bytes: 1 },
    compute(1, 0, 99),
  ];
  expect(overlapOf(spans, 0)).toEqual({ computeMs: 4, commMs: 4, hiddenMs: 2 });
  expect(hiddenShare([overlapOf(spans, 0), overlapOf(spans, 1)])).toBe(0.5);
  expect(hiddenShare([overlapOf(spans, 1)])).toBeNull();
});

test('on the wire alone counts no waiting for a peer', () => {
  const spans: Span[] = [
    compute(0, 0, 6),
    collective(1, 0, 2, 10),
    { ...message(1, 1, 0, 5, 10), due: 8 },
    message(1, 0, 1, 2, 3),
    message(1, 2, 1, 0, 9),
  ];
  expect(overlapOf(spans, 0)).toEqual({ computeMs: 6, commMs: 8, hiddenMs: 4 });
  expect(wireOverlapOf(spans, 0)).toEqual({ computeMs: 6, commMs: 4, hiddenMs: 2 });
});

test('hidden is the mean of the ranks’ shares, neither the largest nor that of all together', () => {
  const ranks = [
    { computeMs: 9, commMs: 1, hiddenMs: 1 },
    { computeMs: 9, commMs: 9, hiddenMs: 0 },
  ];
  expect(hiddenShare(ranks)).toBe(0.5);
});

describe('a round of ranks that share a queue', () => {
  test('turns of 18, 0.1, 0.1 and 0.1 ms give the first all of it, and the others four times their own', () => {
    const pieces = piecesOf(
      [
        [0, 18],
        [18, 18.1],
        [18.1, 18.2],
        [18.2, 18.3],
      ],
      4,
      0,
    );
    expect(pieces.map((own) => lengthOf(own))).toEqual([18.3, 0.4, 0.4, 0.4].map((ms) => expect.closeTo(ms, 9)));
    for (const own of pieces) expect(own[0]![0]).toBe(0);
  });

  test('equal turns give each rank the whole of it, with the gaps between turns left open', () => {
    const turns: Interval[] = [
      [0, 2],
      [3, 5],
    ];
    expect(piecesOf(turns, 2, 0)).toEqual([turns, turns]);
  });

  test('nothing is computed before inputs were there and the host had submitted it', () => {
    expect(
      piecesOf(
        [
          [0, 2],
          [2, 4],
        ],
        2,
        1,
      ),
    ).toEqual([[[1, 4]], [[1, 4]]]);
    expect(piecesOf([[0, 2]], 1, 5)).toEqual([[]]);
  });

  test('a pass that was stamped while the one before it ran had the GPU only afterwards', () => {
    expect(
      turnsOf([
        { start: 0, end: 3 },
        { start: 1, end: 5 },
        { start: 2, end: 4 },
      ]),
    ).toEqual([
      [0, 3],
      [3, 5],
      [5, 5],
    ]);
  });

  test('no rank computes longer than the GPU did, and all of it where turns are equal', () => {
    const turn = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 8 }), fc.boolean(), (drawn, equal) => {
        let at = 0;
        const turns = drawn.map(([gap, length]): Interval => {
          const start = at + gap;
          at = start + (equal ? 4 : length);
          return [start, at];
        });
        const busy = lengthOf(merge(turns));
        for (const [i, own] of piecesOf(turns, turns.length, 0).entries()) {
          const [start, end] = turns[i]!;
          expect(lengthOf(own)).toBeCloseTo(Math.min(busy, turns.length * (end - start)), 9);
          expect(lengthOf(subtract(merge(own), merge(turns)))).toBe(0);
          if (equal) expect(merge(own)).toEqual(merge(turns));
        }
      }),
    );
  });
});

/** Waits for collective 1 until 7; the host hands its reader over at 8 only, and the GPU begins at 8.5. */
const waitingRun: Span[] = [
  compute(0, 0, 4, { op: 9, submitted: -1 }),
  collective(1, 0, 2, 7),
  message(1, 1, 0, 2, 7),
  compute(0, 8.5, 10, { op: 10, name: 'reader', submitted: 8, awaited: { op: 1, at: 7 } }),
  collective(2, 0, 7, 14),
];

test('what exposed a collective is told apart: waiting for it, the host, gaps of the GPU, nothing left to do', () => {
  expect(exposuresOf(waitingRun, 1)).toMatchObject([
    { op: 1, ms: 5, hiddenMs: 2, exposed: { awaited: 3, host: 0, gaps: 0, noWork: 0 }, awaitedBy: 'reader' },
    { op: 2, ms: 7, hiddenMs: 1.5, exposed: { awaited: 0, host: 1, gaps: 0.5, noWork: 4 }, awaitedBy: null },
  ]);
});

test('every millisecond goes to one category', () => {
  expect(categoriesOf(waitingRun, 1, 15)).toEqual([
    { kernel: 5.5, peer: 0, copy: 0, waiting: 3, 'launch gap': 0.5, host: 1, end: 5, unknown: 0 },
  ]);
});

test('a kernel that seems to end a little later than what it left free begins, as rounded times do, ends no gap', () => {
  const [first, ...others] = waitingRun;
  const rounded: Span[] = [{ ...first!, turnAt: 0, gpuMs: 4.0001 } as Span, ...others];
  expect(categoriesOf(rounded, 1, 15)).toEqual(categoriesOf(waitingRun, 1, 15));
});

test('what a peer runs beyond a rank, and copies, are neither its compute nor a gap', () => {
  const turn = (rank: number, turnAt: number, gpuMs: number, end: number) =>
    compute(rank, 0, end, { turnAt, gpuMs, sharing: 2, submitted: 0 });
  const spans: Span[] = [
    turn(0, 0, 1, 2),
    turn(1, 1, 9, 10),
    { ...collective(1, 1, 11, 13), kind: 'copy', source: 'gpu', bytes: 1 },
    compute(0, 14, 16, { op: 2, turnAt: 14, gpuMs: 1, sharing: 2, submitted: 10.5 }),
    compute(1, 14, 16, { op: 2, turnAt: 15, gpuMs: 1, sharing: 2, submitted: 10.5 }),
  ];
  const alike = { copy: 2, waiting: 0, 'launch gap': 1.5, host: 0.5, end: 0, unknown: 0 };
  expect(categoriesOf(spans, 2, 16)).toEqual([
    { kernel: 4, peer: 8, ...alike },
    { kernel: 12, peer: 0, ...alike },
  ]);
});

test('waiting is over when the wire has brought all; what the host learns later is its own', () => {
  const spans: Span[] = [
    compute(0, 0, 4),
    collective(1, 0, 4, 9),
    { ...message(1, 1, 0, 4, 9), due: 6 },
    compute(0, 9, 10, { op: 2, submitted: 9, awaited: { op: 1, at: 9 } }),
  ];
  expect(categoriesOf(spans, 1, 10)[0]).toMatchObject({ kernel: 5, waiting: 2, host: 3 });
});

test('operations take their rounds, each rank what it computed, and collectives what the wire’s formula says', () => {
  const spans: Span[] = [
    compute(0, 0, 4, { op: 1, gpuMs: 2, sharing: 2 }),
    compute(1, 0, 6, {
      op: 1,
      gpuMs: 4,
      sharing: 2,
      pieces: [
        [0, 4],
        [5, 6],
      ],
    }),
    { ...message(5, 0, 1, 3, 6), due: 5, portMs: 1.5 },
    { ...message(5, 1, 0, 4, 8), due: 8, portMs: 3 },
  ];
  const times = operationTimesOf(spans, 2);
  expect(times.rounds.get(1)).toBe(5);
  expect(times.computed.map((own) => own.get(1))).toEqual([4, 5]);
  expect(times.alone.map((own) => own.get(1))).toEqual([4, 8]);
  expect(times.wire.get(5)).toEqual({ out: [1.5, 3], in: [3, 1.5], length: [4, 2], latency: 0.5 });
  expect(times.delivered.get(5)).toBe(4);
});

test('devices of their own have the mean of their kernels, and a ring is as long as its parts’ way round', () => {
  const kernels = [2, 4, 6].map((ms, rank) => compute(rank, 0, ms, { op: 1, gpuMs: null }));
  const of = (messages: readonly Span[]) => operationTimesOf([...kernels, ...messages], 3);
  /**
   * The way from each rank to the next takes 1, 2 or 4 ms, 0.5 of it latency; rank 0 takes 2 more in the second step.
   */
  const hop = (rank: number, step: number) => {
    const ms = 2 ** rank + (rank === 0 ? 2 * step : 0);
    return { ...message(5, rank, (rank + 1) % 3, 10 * step, 10 * step + ms), portMs: ms - 0.5 };
  };
  const ring = [0, 1, 2].flatMap((rank) => [hop(rank, 1), hop(rank, 0)]);
  const times = of(ring);
  expect(times.rounds.get(1)).toBe(4);
  expect(times.alone.map(({ size }) => size)).toEqual([0, 0, 0]);
  // What comes to rank 1 last set out from rank 2, 4 ms, and then from rank 0, 3 ms; others' ports are held longer.
  expect(times.wire.get(5)).toEqual({ out: [3, 3, 7], in: [7, 3, 3], length: [7.5, 7, 3.5], latency: 0.5 });
  expect(times.delivered.get(5)).toBe(8);
  // What is sent straight, or not all the way, is no ring: a rank then holds all once its own port is done.
  for (const straight of [ring.slice(1), ring.map((own, i) => (i === 2 ? { ...own, to: 0 } : own))]) {
    const { in: into, length } = of(straight).wire.get(5)!;
    expect(length).toEqual(into.map((ms) => ms + 0.5));
  }
  // The busiest port is one that sends, or one that receives.
  expect(of([message(5, 0, 1, 0, 3), message(5, 0, 2, 3, 5)]).delivered.get(5)).toBe(5);
  expect(of([message(5, 0, 2, 0, 3), message(5, 1, 2, 3, 5)]).delivered.get(5)).toBe(5);
  // A message without a formula leaves none for its collective.
  expect(of([...ring, message(5, 0, 1, 30, 31)]).wire.size).toBe(0);
  expect(of([{ ...message(5, 0, 1, 3, 6), portMs: 2 }]).wire.get(5)).toEqual({
    out: [2, 0, 0],
    in: [0, 2, 0],
    length: [0, 3, 0],
    latency: 1,
  });
});

test('collectives at the same time are told apart, on each rank by its own spans, and their means', () => {
  const spans: Span[] = [
    compute(0, 0, 2),
    collective(1, 0, 1, 5),
    collective(2, 0, 1, 9),
    message(1, 1, 0, 1, 5),
    message(2, 1, 0, 1, 9),
    compute(0, 5, 6, { op: 3, name: 'first', submitted: 0, awaited: { op: 1, at: 5 } }),
    compute(0, 9, 10, { op: 4, name: 'second', submitted: 0, awaited: { op: 2, at: 9 } }),
    compute(1, 0, 9),
    collective(1, 1, 1, 3),
    collective(2, 1, 1, 5),
  ];
  const nothing = { awaited: 0, noWork: 0, host: 0, gaps: 0 };
  const exposures = exposuresOf(spans, 2);
  expect(exposures).toMatchObject([
    { op: 1, rank: 0, ms: 4, hiddenMs: 1, exposed: { ...nothing, awaited: 3 }, awaitedBy: 'first' },
    { op: 2, rank: 0, ms: 8, hiddenMs: 2, exposed: { ...nothing, awaited: 3, noWork: 3 }, awaitedBy: 'second' },
    { op: 1, rank: 1, ms: 2, hiddenMs: 2, exposed: nothing, awaitedBy: null },
    { op: 2, rank: 1, ms: 4, hiddenMs: 4, exposed: nothing, awaitedBy: null },
  ]);
  expect(meanExposures(exposures.toReversed())).toEqual([
    {
      op: 2,
      name: 'Dispatch',
      layer: 0,
      ms: 6,
      hiddenMs: 3,
      exposed: { ...nothing, awaited: 1.5, noWork: 1.5 },
      awaitedBy: 'second',
    },
    {
      op: 1,
      name: 'Dispatch',
      layer: 0,
      ms: 3,
      hiddenMs: 1.5,
      exposed: { ...nothing, awaited: 1.5 },
      awaitedBy: 'first',
    },
  ]);
});

test('a queue’s next turn says what is waited for, wherever spans are listed and however ranks’ own pieces lie', () => {
  const shared = { sharing: 2, gpuMs: 1 };
  const spans: Span[] = [
    // Listed last to first; ranks 1 and 2 share a queue, rank 0 has its own.
    compute(2, 8, 10, { op: 2, ...shared, turnAt: 9, submitted: 7 }),
    compute(1, 8, 10, { op: 2, ...shared, turnAt: 8, submitted: 6 }),
    compute(2, 0, 2, { ...shared, turnAt: 1, submitted: 0 }),
    compute(1, 0, 2, { ...shared, turnAt: 0, submitted: 0 }),
    compute(0, 1, 2, { submitted: 0 }),
  ];
  const none = { kernel: 0, peer: 0, copy: 0, waiting: 0, 'launch gap': 0, host: 0, end: 0, unknown: 0 };
  expect(categoriesOf(spans, 3, 10)).toEqual([
    { ...none, kernel: 1, 'launch gap': 1, end: 8 },
    { ...none, kernel: 4, host: 4, 'launch gap': 2 },
    { ...none, kernel: 4, host: 4, 'launch gap': 2 },
  ]);
  expect(categoriesOf([], 1)).toEqual([none]);
});

test('a span moved is moved in all its times', () => {
  const kernel = compute(0, 1, 3, { turnAt: 2, submitted: 0, awaited: { op: 1, at: 1 } });
  const later = { start: 11, end: 13, pieces: [[11, 13]] };
  expect(laterBy(kernel, 10)).toEqual({ ...kernel, ...later, turnAt: 12, submitted: 10, awaited: { op: 1, at: 11 } });
  const unknown = { turnAt: null, submitted: null, awaited: null };
  expect(laterBy({ ...kernel, ...unknown }, 10)).toEqual({ ...kernel, ...later, ...unknown });
  expect(laterBy(message(1, 0, 1, 1, 3), 10)).toEqual({ ...message(1, 0, 1, 11, 13) });
  expect(laterBy(collective(1, 0, 1, 3), 10)).toEqual(collective(1, 0, 11, 13));
});

describe('the offset of the GPU’s clock', () => {
  /** ms; as drawn for empty passes, one submitted and awaited at a time. */
  const pass = fc.record({
    queued: fc.double({ min: 0, max: 0.3, noNaN: true }),
    took: fc.double({ min: 0, max: 0.02, noNaN: true }),
    told: fc.double({ min: 0, max: 2.5, noNaN: true }),
    idle: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  // Chrome's steps (GPU 65,536 ns) isolated and not, Firefox's and Safari's hosts, and clocks without a step.
  const steps = fc.constantFrom([65_536n, 0.1], [65_536n, 0.005], [1_000n, 1], [32n, 0], [1n, 0] as const);

  test('is never further off than its error says, whatever the steps of both clocks', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.array(pass, { minLength: 6, maxLength: 6 }),
        steps,
        fc.infiniteStream(fc.constantFrom(0, 1)),
        (truth, passes, [tick, step], up) => {
          const gpu = (ms: number) => (BigInt(Math.round((ms - truth + 2e6) * 1e6)) / tick!) * tick!;
          // Browsers round a time down or, by chance, up.
          const host = (ms: number) =>
            step === 0 ? ms : (Math.floor(ms / step!) + (up.next().value as number)) * step!;
          let at = 1000;
          let bounds = UNKNOWN_CLOCK;
          for (const { queued, took, told, idle } of passes) {
            const [begin, end] = [at + queued, at + queued + took];
            bounds = narrow(
              bounds,
              { submitted: host(at), begin: gpu(begin), end: gpu(end), known: host(end + told) },
              step!,
            );
            at = end + told + idle;
          }
          expect(bounds.tickNs % tick!).toBe(0n);
          const offset = offsetOf(bounds);
          expect(Math.abs(offset - (truth - 2e6))).toBeLessThanOrEqual(errorOf(offset, bounds) + 1e-5);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('is off by all that later bounds say of it', () => {
    expect(errorOf(1, { lower: 2, upper: 5, tickNs: 1n })).toBe(4);
    expect(errorOf(1, { lower: 3, upper: 0, tickNs: 1n })).toBe(2);
    expect(offsetOf({ lower: 2, upper: 5, tickNs: 1n })).toBe(3.5);
    expect(offsetOf({ ...UNKNOWN_CLOCK, lower: 2 })).toBe(0);
    expect(offsetOf({ ...UNKNOWN_CLOCK, upper: 2 })).toBe(0);
    expect(stepOf([0, 0, 0.2, 0.2, 0.3, 0.7])).toBeCloseTo(0.1, 9);
  });
});

test('nanoseconds keep their digits', () => {
  expect(toMs(1_700_000_000_000_123_456n) - 1_700_000_000_000).toBeCloseTo(0.123456, 3);
});

test.each([
  [{ ms: 10, hiddenMs: 9.9, exposed: { awaited: 0.1, noWork: 0, host: 0, gaps: 0 } }, 20, null],
  [{ ms: 0, hiddenMs: 0, exposed: { awaited: 0, noWork: 0, host: 0, gaps: 0 } }, 20, null],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 6, noWork: 0, host: 0, gaps: 0 } }, 4, 'wire slower than compute'],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 6, noWork: 0, host: 0, gaps: 0 } }, 20, 'waited for'],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 1, noWork: 5, host: 0, gaps: 0 } }, 20, 'no work left'],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 1, noWork: 1, host: 4, gaps: 0 } }, 4, 'host late'],
  [{ ms: 10, hiddenMs: 4, exposed: { awaited: 1, noWork: 1, host: 1, gaps: 3 } }, 4, 'between kernels'],
] as const)('what is exposed of %j beside %d ms of other compute: %s', (exposure, independent, reason) => {
  expect(reasonOf({ op: 0, name: '', layer: 0, awaitedBy: null, ...exposure }, independent)).toBe(reason);
});
