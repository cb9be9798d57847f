import { describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/cluster/run_contract';
import { boundsOf, isBroken } from '../../src/lab/experiments/measurement/bounds';
import type { Calibration } from '../../src/lab/experiments/measurement/calibration';
import { bytesSentIn } from '../../src/lab/experiments/measurement/imbalance';
import { forgetSpans, type KeptRun, keptOf, typicalSpans } from '../../src/lab/experiments/measurement/kept_run';
import { type Basis, numbersOf } from '../../src/lab/experiments/measurement/numbers_of';
import { paidOf } from '../../src/lab/experiments/measurement/paid';
import type { Subject } from '../../src/lab/experiments/measurement/subject';
import type { Entry } from '../../src/lab/experiments/measurement/turns';
import { MISSES } from '../../src/lab/statistics/estimate';
import type { Collective, Spread } from '../../src/program/program';
import { AT_ONCE } from '../../src/schedule/orders';
import { schedule } from '../../src/schedule/schedule';
import type { Interval, Span } from '../../src/trace/span';
import { programOf } from '../schedule/small_programs';
import { collective, compute, message } from '../spans';

/*
 * Two ranks share a GPU. A kernel A; what it wrote is gathered, beside which B can run; C needs both. All times are ms.
 * Of A rank 0 has 1 ms of the GPU, rank 1 has 2; of B and C each has 1. Rank 0 sends 4 bytes, rank 1 sends 6, over a
 * link of 1 byte a ms with a latency of 0.5: what is sent at 3 is there at 7.5 and at 9.5.
 */
const [A, GATHER, B, C] = [0, 1, 2, 3];
const program = programOf([
  ['compute', []],
  ['all-gather', [A]],
  ['compute', [A]],
  ['compute', [GATHER, B]],
]);
const LINK = { latencyMs: 0.5, bytesPerMs: 1 };
const BASIS: Basis = {
  topology: { nodes: 1, within: LINK, between: LINK, jitter: 0, slow: null },
  wireMs: 8,
};
const RANKS = 2;

/** A rank's turn of a round of both, in which each computes from `start` to `end`. */
const turn = (op: number, rank: number, [start, end]: Interval, gpuMs: number, submitted: number) =>
  compute(rank, start, end, { op, name: `${op}`, gpuMs, sharing: RANKS, submitted, turnAt: start + (rank ? 1 : 0) });

/** B and C begin so late; the host hands C over 0.5 ms after its input is there, and the GPU begins 0.25 ms later. */
function spansOf(b: number, c: number): Span[] {
  const waited = { awaited: { op: GATHER, at: 9.5 } };
  return [
    turn(A, 0, [0, 2], 1, -1),
    turn(A, 1, [0, 3], 2, -1),
    collective(GATHER, 0, 3, 9.5),
    collective(GATHER, 1, 3, 7.5),
    { ...message(GATHER, 0, 1, 3, 7.5, 4), portMs: 4 },
    { ...message(GATHER, 1, 0, 3, 9.5, 6), portMs: 6 },
    ...[0, 1].map((rank) => turn(B, rank, [b, b + 2], 1, -1)),
    ...[0, 1].map((rank) => ({ ...turn(C, rank, [c, c + 2], 1, c - 0.25), ...waited })),
  ];
}

type Walls = readonly [wallMs: number, unwiredMs: number | null, bareMs: number | null];
const kept = (spans: readonly Span[], [wallMs, unwiredMs, bareMs]: Walls, more: Partial<KeptRun> = {}): KeptRun => ({
  ...keptOf({ wallMs, clockErrorMs: 0.125, resolutionMs: 0 } as RunResult, spans, RANKS, {
    repeat: 0,
    unwiredMs,
    bareMs,
    hiddenWithin: null,
  }),
  ...more,
});

/** What the gather takes with nothing else going on: it counts where there is no formula. */
const QUICK = { durations: new Map([[GATHER, 1]]) };

const entryOf = (
  connectivity: string,
  kind: 'blocking' | 'overlapped',
  runs: KeptRun[],
  subject: Partial<Subject> = {},
): Entry => ({
  subject: {
    connectivity,
    table: [],
    executable: { program },
    apart: null,
    calibration: QUICK,
    ...subject,
  } as unknown as Subject,
  combination: { connectivity, schedule: kind },
  orders: schedule(program, kind, () => 1),
  runs,
  logitsSha256: 'same',
  routing: [{ layer: 0, load: [3, 5] }],
});

/** Later by so much: in each of six runs. */
const LATER = [0, 0.5, 0.125, 0.25, 1, 0.75];
const WALLS_OF_BLOCKING = [25, 19.5, 15.78125, 22.3125, 20.25, 16.5625];

/** Made within each test, so that a fault in what makes them is one of that test. */
const entries = () => ({
  /** B after the gather, C right behind it. Their walls are 2, 1.5, 1.25, 1.75, 1.5 and 1.25 times the others'. */
  blocking: entryOf(
    'regular',
    'blocking',
    WALLS_OF_BLOCKING.map((wall) => kept(spansOf(10, 12), [wall, 9, 8])),
  ),
  /** B under the gather, C later by 0, 0.5, … ms, so that the wall is. */
  overlapped: entryOf(
    'regular',
    'overlapped',
    LATER.map((late, i) =>
      kept(spansOf(3, 10.25 + late), [12.5 + late, 8.5 + late / 2, 7.25], {
        repeat: i,
        clockErrorMs: i / 8,
        resolutionMs: i / 16,
      }),
    ),
  ),
  /** Another connectivity's kernels say nothing of what this one pays. */
  farskip: entryOf(
    'farskip',
    'overlapped',
    LATER.map(() => kept(spansOf(3, 10.25), [12.5, 5, 1])),
  ),
});

const SETTINGS = { ranks: RANKS, until: null, seed: 1, backing: 'shared' } as const;
const numbers = (
  which: 'blocking' | 'overlapped' | Entry,
  settings: typeof SETTINGS | { until: number } = SETTINGS,
  basis = BASIS,
) => {
  const made = entries();
  const entry = typeof which === 'string' ? made[which] : which;
  const { blocking, farskip } = made;
  const all = entry.combination.schedule === 'blocking' ? [entry, made.overlapped] : [blocking, entry];
  return numbersOf(entry, [...all, farskip], { ...SETTINGS, ...settings }, basis);
};

const near = (value: number) => expect.closeTo(value, 6);
const whole = (value: number) => ({ median: near(value), low: near(value), high: near(value) });
/** The interval of six samples is from the least to the most. */
const over = (median: number, low: number, high: number) => ({
  median: near(median),
  low: near(low),
  high: near(high),
});

describe('the numbers of hand-made runs', () => {
  const measured = () => numbers('overlapped');

  test('hidden is the mean of the ranks’ shares, 2 of 6.5 ms and 2 of 4.5 ms; blocking hides nothing', () => {
    const own = measured();
    expect(own.hidden).toEqual(whole((2 / 6.5 + 2 / 4.5) / 2));
    expect(numbers('blocking').hidden).toEqual(whole(0));
  });

  test('times are medians over runs of means over ranks', () => {
    const own = measured();
    expect(own.wallMs).toEqual(over(12.875, 12.5, 13.5));
    // 6 ms on rank 0, 7 on rank 1; 6.5 and 4.5.
    expect(own.computeMs).toEqual(whole(6.5));
    expect(own.commMs).toEqual(whole(5.5));
    // C was there to be submitted at 9.5; the host handed it over at 10 and later.
    expect(own.hostMs).toEqual(over(0.5 + 0.375, 0.5, 1.5));
  });

  test('every millisecond has its category, mean over ranks and runs', () => {
    const own = measured();
    // Rank 1 runs 1 ms of A beyond rank 0. Nothing runs from 5 on, and what is awaited arrives at 9.5.
    const late = 2.625 / 6;
    expect(own.categories).toEqual({
      kernel: near(6.5),
      peer: near(0.5),
      copy: 0,
      waiting: near(4.5),
      'launch gap': near(0.25),
      host: near(0.5 + late),
      end: near(0.25),
      unknown: 0,
    });
    expect(numbers('blocking').categories!.end).toBeCloseTo(119.40625 / 6 - 14, 9);
  });

  test('an exposure is the mean over ranks, and says why', () => {
    const own = measured();
    expect(own.exposures).toEqual([
      {
        op: GATHER,
        name: 'Dispatch',
        layer: 0,
        ms: 5.5,
        hiddenMs: 2,
        exposed: { awaited: 3.5, noWork: 0, host: 0, gaps: 0 },
        awaitedBy: `${C}`,
        // Only B could run meanwhile, 2 ms.
        reason: 'wire slower than compute',
      },
    ]);
  });

  test('no schedule beats 3 ms of A, 6.5 of the wire and 2 of C; what it can hide is bound by rank', () => {
    const own = measured();
    expect(own.boundMs).toEqual(whole(11.5));
    // Rank 0 computes 6 ms and is done at 2 + 6.5 + 2 at the soonest; rank 1 7 ms, and at 3 + 4.5 + 2.
    expect(own.hiddenBound).toEqual(whole((1 - 4.5 / 6.5 + 1 - 2.5 / 4.5) / 2));
    expect(numbers('blocking').hiddenBound).toEqual(own.hiddenBound);
    expect(own.boundBroken).toBe(0);
    const { overlapped } = entries();
    const quick = { ...overlapped, runs: [...overlapped.runs, kept(spansOf(3, 10), [11.25, 8, 7])] };
    expect(numbers(quick).boundBroken).toBe(1);
    const much = overlapped.runs.map((run) => ({ ...run, overlaps: run.overlaps.map((o) => ({ ...o, hiddenMs: 3 })) }));
    expect(numbers({ ...overlapped, runs: much }).boundBroken).toBe(6);
  });

  test('paid is the wall beyond the least of kernels and copies, in two parts, and a share of the wire’s time', () => {
    const own = measured();
    expect(own.paid).toEqual({
      ms: over(5.25 + 0.375, 5.25, 6.25),
      wireMs: over(4 + 0.1875, 4, 4.5),
      hostMs: over(1.25 + 0.1875, 1.25, 1.75),
      share: over((5.25 + 0.375) / 8, 5.25 / 8, 6.25 / 8),
    });
    // The least is that of the connectivity's other schedule.
    expect(numbers('blocking').paid!.hostMs).toEqual(whole(9 - 7.25));
  });

  test('the speed-up is over the first entry, pair by pair', () => {
    const own = measured();
    expect(own.speedup).toEqual(over(1.5, 1.25, 2));
    expect(numbers('blocking').speedup).toEqual(whole(1));
  });

  test('the ratio reached is what the busiest port was held, of what the ranks would compute alone', () => {
    const own = measured();
    // 6 and 8 ms: twice what the GPU gave each.
    expect(own.ratioReached).toEqual(whole(6.5 / 7));
  });

  test('imbalance is what the ranks would lose if each had its own kernels', () => {
    const own = measured();
    // Rank 1 would send at 4 rather than at 3, and rank 0 wait until 10.5 for it.
    expect(own.imbalanceMs!.median).toBeCloseTo(12.5 - 11.5, 5);
  });

  test('what a run is, is handed on', () => {
    const { overlapped } = entries();
    const own = numbers(overlapped);
    expect(own).toMatchObject({
      connectivity: 'regular',
      schedule: 'overlapped',
      logitsSha256: 'same',
      routing: [{ layer: 0, load: [3, 5] }],
      clockErrorMs: 5 / 8,
      resolutionMs: 5 / 16,
      calibrated: false,
      continuation: null,
    });
    // Two walls are as near to the median; the earlier run stands for all.
    expect(own.spans).toBe(overlapped.runs[1]!.spans);
  });

  test('who looked at intervals on the way has those of a look: six runs are too few for one', () => {
    const looked = numbers('overlapped', { until: 0.02 });
    const none = (median: number) => ({ median: near(median), low: null, high: null });
    expect([looked.wallMs, looked.speedup, looked.hidden, looked.paid!.ms]).toEqual(
      [12.875, 1.5, (2 / 6.5 + 2 / 4.5) / 2, 5.625].map(none),
    );
  });
});

describe('what is not known is not said', () => {
  const withRuns = (more: Partial<KeptRun>, subject: Partial<Subject> = {}) => {
    const { overlapped } = entries();
    const runs = overlapped.runs.map((run) => ({ ...run, ...more }));
    return { ...overlapped, runs, subject: { ...overlapped.subject, ...subject } };
  };

  test('where kernels were timed apart, hidden has the interval of their errors, and no bound is broken', () => {
    const apart = { apart: { of: () => null, lengths: 'calibrated' } } as const;
    const hidden = (2 / 6.5 + 2 / 4.5) / 2;
    const wide = numbers(withRuns({ hiddenWithin: [0.25, 0.5], wallMs: 1 }, apart));
    expect(wide.hidden).toEqual(over(hidden, 0.25, 0.5));
    expect([wide.calibrated, wide.boundBroken]).toEqual([true, 0]);
    // Wider is what counts: the runs' own interval stays.
    expect(numbers(withRuns({ hiddenWithin: [0.375, 0.376] }, apart)).hidden).toEqual(over(hidden, 0.375, hidden));
  });

  test('without a pace there is no formula: collectives take what they took, or what they took alone', () => {
    const native = { topology: null, wireMs: null };
    const alone = (ms: number): Calibration => ({
      durations: new Map([[GATHER, ms]]),
      computeMs: 7,
      portBytes: new Map(),
      announceMs: 0,
      resume: AT_ONCE,
      unpreparedMs: new Map(),
      counts: new Map(),
    });
    const of = (ms: number) => numbers(withRuns({ wallMs: 1 }, { calibration: alone(ms) }), SETTINGS, native);
    expect(of(5).boundMs).toEqual(whole(3 + 5 + 2));
    expect(of(9).boundMs).toEqual(whole(3 + 6.5 + 2));
    // Rank 0 needs 2 + 5 + 2, rank 1 3 + 5 + 2.
    expect(of(5).hiddenBound).toEqual(whole((1 - 3 / 6.5 + 1 - 3 / 4.5) / 2));
    expect([of(5).boundBroken, of(5).imbalanceMs, of(5).paid!.share]).toEqual([0, null, null]);
  });

  test('without timestamps, a wire, or runs that are bare', () => {
    expect(numbers(withRuns({ clockErrorMs: Number.POSITIVE_INFINITY })).clockErrorMs).toBeNull();
    expect(numbers(withRuns({ bareMs: null })).paid).toBeNull();
    const [first, ...others] = entries().overlapped.runs as [KeptRun, ...KeptRun[]];
    const once = (more: Partial<KeptRun>) =>
      numbers({ ...entries().overlapped, runs: [{ ...first, ...more }, ...others] });
    expect([once({ bareMs: null }).paid, once({ unwiredMs: null }).paid!.wireMs]).toEqual([null, null]);
    const { paid } = numbers(withRuns({ unwiredMs: null }));
    expect([paid!.wireMs, paid!.hostMs]).toEqual([null, null]);
    expect(paid!.ms.median).toBeCloseTo(5.625, 9);
    // Without a wire bounds are by the formula, as messages then hold no port.
    const none = numbers(withRuns({ unwiredMs: null }), SETTINGS, { topology: null, wireMs: 0 });
    expect(none.boundMs).toEqual(numbers(withRuns({})).boundMs);
    expect([none.paid!.share, none.imbalanceMs, none.hidden, none.hiddenBound, none.ratioReached]).toEqual(
      new Array(5).fill(null),
    );
    const { overlapped } = entries();
    const times = { ...overlapped.runs[0]!.times, alone: [new Map(), new Map()] };
    expect(numbers(withRuns({ times })).imbalanceMs).toBeNull();
    const silent = overlapped.runs[0]!.overlaps.map((own) => ({ ...own, commMs: 0 }));
    const { hidden, hiddenBound } = numbers(withRuns({ overlaps: silent }));
    expect([hidden, hiddenBound]).toEqual([null, null]);
  });
});

test('kernels alone are those of the schedule that is quicker in most runs, not in the best one', () => {
  const bare = (...walls: number[]) => walls.map((wall) => ({ wallMs: 10, unwiredMs: 6, bareMs: wall }) as KeptRun);
  const [steady, uneven] = [bare(4, 4, 4, 4, 4, 4), bare(1, 5, 5, 5, 5, 5)];
  for (const schedules of [
    [steady, uneven],
    [uneven, steady],
  ])
    expect(paidOf(steady, schedules, null, MISSES)).toEqual({
      ms: whole(6),
      wireMs: whole(4),
      hostMs: whole(2),
      share: null,
    });
});

test('messages of a ring are of one part, whichever ranks they go between; others have their pair’s', () => {
  const spans = [...spansOf(3, 10), { ...message(GATHER, 0, 1, 20, 21, 8), portMs: 8 }];
  const bytes = bytesSentIn(spans);
  const [, gather] = program.operations as [unknown, Spread];
  expect([bytes(gather, 0, 1), bytes(gather, 1, 0), bytes(gather, 1, 1)]).toEqual([6, 6, 0]);
  const ring: Spread = { ...gather, algorithm: 'ring' };
  expect([bytes(ring, 0, 1), bytes(ring, 1, 0)]).toEqual([6, 6]);
  const more = bytesSentIn([...spans, { ...message(GATHER, 0, 1, 30, 31, 12), portMs: 12 }]);
  expect([more(gather, 0, 1), more(gather, 1, 0), more(ring, 1, 0)]).toEqual([8, 6, 7.5]);
  const dispatch = { ...gather, kind: 'all-to-all', algorithm: 'ring' } as unknown as Collective;
  expect(more(dispatch, 0, 1)).toBe(8);
});

test.each([
  [10, 0.5, false],
  [9.99, 0.5, true],
  [10, 0.51, true],
  // Within rounding.
  [10 - 1e-7, 0.5 + 1e-7, false],
  [10, null, false],
])('a wall of %d ms that hid %d breaks bounds of 10 ms and a half: %s', (wallMs, hidden, broken) => {
  expect(isBroken({ wallMs: 10, hidden: 0.5 }, wallMs, hidden)).toBe(broken);
  expect(isBroken({ wallMs: 10, hidden: null }, wallMs, 2)).toBe(wallMs === 9.99);
});

test('two gathers at once hold their ports one after the other, and that bounds the wall and what is hidden', () => {
  // A kernel, two gathers of what it wrote, a kernel that needs both. Kernels take 1 ms.
  const both = programOf([
    ['compute', []],
    ['all-gather', [0]],
    ['all-gather', [0]],
    ['compute', [1, 2]],
  ]);
  const kernels = new Map([0, 3].map((id) => [id, 1]));
  const boundsFor = (length: readonly number[], calibration: Calibration | null = null) => {
    const ports = { out: [2, 4], in: [4, 2], length, latency: 0.5 };
    const times = {
      rounds: kernels,
      computed: [kernels, kernels],
      wire: new Map([1, 2].map((id) => [id, ports])),
      delivered: new Map([1, 2].map((id) => [id, 4])),
    };
    const overlaps = [9, 5].map((commMs) => ({ computeMs: 2, commMs, hiddenMs: 0 }));
    return boundsOf(both, { times, overlaps } as unknown as KeptRun, calibration);
  };
  // Rank 0 takes in for 8 ms, rank 1 for 4, and latency follows.
  const hidden = (1 - 8.5 / 9 + 1 - 4.5 / 5) / 2;
  expect(boundsFor([4.5, 2.5])).toEqual({ wallMs: 1 + 8 + 0.5 + 1, hidden: near(hidden) });
  // Round a ring the way to one rank may be longer than all that its ports do.
  expect(boundsFor([9.5, 2.5]).wallMs).toBe(1 + 9.5 + 1);
  const alone = { durations: new Map([1, 2].map((id) => [id, 3])) } as unknown as Calibration;
  expect(boundsFor([0, 0], alone).wallMs).toBe(1 + 6 + 1);
});

test('of devices of their own each has its own host, and the mean is told', () => {
  const lateBy = (rank: number, ms: number) => [
    compute(rank, 0, 1, { submitted: 0 }),
    compute(rank, 1 + ms, 2 + ms, { op: 2, submitted: 1 + ms }),
  ];
  const { categories } = kept([...lateBy(0, 1), ...lateBy(1, 3)], [5, null, null]);
  expect(categories).toMatchObject({ kernel: 2, host: 2, end: 1 });
});

test('spans are kept of the three runs that are nearest to the median, the nearest of which stands for all', () => {
  const runs = [9, 5, 1, 6, 4.75].map((wall) => kept(spansOf(3, 10), [wall, null, null]));
  const spans = runs.map((run) => run.spans);
  forgetSpans(runs);
  expect(runs.map((run) => run.spans)).toEqual([null, spans[1], null, spans[3], spans[4]]);
  expect(typicalSpans(runs)).toBe(spans[1]);
});
