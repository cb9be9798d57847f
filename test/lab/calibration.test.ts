import { expect, test } from 'vitest';
import type { RunResult } from '../../src/cluster/run_contract';
import {
  calibrationOf,
  chooseLink,
  costOf,
  costWithoutWire,
  delayFor,
  ratioReachedIn,
  wireMsOf,
} from '../../src/lab/experiments/measurement/calibration';
import { DEFAULT_MEASUREMENT, type MeasureSettings } from '../../src/lab/experiments/measurement/settings';
import { topologyOf } from '../../src/lab/experiments/wire_settings';
import { linksOf, type Topology } from '../../src/network/topology';
import type { Collective } from '../../src/program/program';
import type { OperationTimes } from '../../src/trace/operation_times';
import type { CollectiveSpan, Span } from '../../src/trace/span';
import { programOf } from '../schedule/small_programs';
import { collective, compute, copy, message } from '../spans';

const RANKS = 2;
// A kernel, two gathers of what it wrote, a kernel that needs both.
const program = programOf([
  ['compute', []],
  ['all-gather', [0]],
  ['all-gather', [0]],
  ['compute', [1, 2]],
]);

/**
 * A run without a wire on two ranks in turns: of kernel 0 the GPU gave 1 and 2 ms, of kernel 3 `last` ms each; the host
 * heard of the gathers after `told` ms. The first moves 3 and 5 MB, the second 2 MB each way; 9 MB come in once.
 */
const runOf = (last: number, told: number): RunResult => {
  const turn = (rank: number, op: number, start: number, end: number, gpuMs: number) =>
    compute(rank, start, end, { op, gpuMs, sharing: RANKS, awaited: op === 3 ? { op: 2, at: 3 + told } : null });
  const gather = (op: number, rank: number, sentBytes: number, receivedBytes: number) =>
    collective(op, rank, 3, 3 + told, { source: 'host', sentBytes, receivedBytes });
  const spans: Span[] = [
    turn(0, 0, 0, 2, 1),
    turn(1, 0, 0, 3, 2),
    gather(1, 0, 3e6, 5e6),
    gather(1, 1, 5e6, 3e6),
    message(1, 0, 1, 3, 3 + told / 2),
    gather(2, 0, 2e6, 9e6),
    gather(2, 1, 2e6, 2e6),
    message(2, 1, 0, 3, 3 + told),
    copy(1, 0, 3.5, 3.5 + told),
    copy(2, 0, 4, 4.375),
    copy(2, 1, 4, 4.375),
    turn(0, 3, 4, 4 + 2 * last, last),
    turn(1, 3, 4, 4 + 2 * last, last),
  ];
  return { spans: () => spans, counts: new Map([['routed', []]]) } as unknown as RunResult;
};
// One run of three was held up: medians do not see it, means and the least would.
const RUNS = [runOf(1, 0.25), runOf(40, 8), runOf(2, 0.5)];
const gatherOf = (id: number) => ({ id }) as Collective;
const calibrated = () => calibrationOf(RUNS, RANKS, []);

test('a calibration has the medians of runs: rounds, what the wire’s ports were held, the busiest’s bytes', () => {
  const calibration = calibrated();
  expect(calibration.durations).toEqual(
    new Map([
      [0, 3],
      [3, 4],
      [1, 0.25],
      [2, 0.5],
    ]),
  );
  expect(calibration.portBytes).toEqual(
    new Map([
      [1, 5e6],
      [2, 9e6],
    ]),
  );
  // As devices half as fast: 2 and 4 ms for kernel 0, 4 ms for kernel 3; mean over ranks.
  expect(calibration.computeMs).toBe(7);
  expect(calibration.announceMs).toBe(0.5);
  expect(calibration.counts).toBe(RUNS[0]!.counts);
  const none = calibrationOf([{ ...RUNS[0]!, spans: () => [] }], RANKS, []);
  expect(none).toMatchObject({ computeMs: 0, announceMs: 0, resume: { lag: 0 } });
  expect(none.resume.copying(gatherOf(1))).toBe(0);
});

test('how the GPU goes on is known from runs over a latency that the host needs less than', () => {
  expect(delayFor(RUNS)).toBe(1.5);
  // What the host need not hear of tells nothing.
  const unheard = [5, 6, 7, 8, 9].map((op) => collective(op, 0, 3, 3, { source: 'emulated' }));
  expect(delayFor(RUNS.map((run) => ({ ...run, spans: () => [...run.spans(), ...unheard] })))).toBe(1.5);
  const waiting = (ranks: readonly number[], op: number, start: number, at: number) =>
    ranks.map((rank) => compute(rank, start, start + 1, { op: op + 10, awaited: { op, at } }));
  // Of what waited the first kernel counts, on whichever rank.
  const spans = [
    ...waiting([0, 1], 1, 3.25, 3),
    ...waiting([0, 1], 1, 7, 3),
    ...waiting([1], 2, 9.5, 9),
    ...waiting([0], 2, 9.75, 9),
    ...waiting([0, 1], 3, 30, 21),
    compute(0, 40, 41, {}),
    // A copy of what came before the last message, and those of what came with it, the last shared by two ranks.
    copy(1, 0, 2.5, 2.75),
    copy(1, 1, 3.125, 3.25),
    copy(2, 0, 9.0625, 9.4375),
    copy(2, 1, 9.0625, 9.4375),
  ];
  const delayed = [{ spans: () => spans }] as unknown as RunResult[];
  const { lag, copying } = calibrationOf(RUNS, RANKS, delayed).resume;
  // 0.0625, 0.125 and 9 ms.
  expect(lag).toBe(0.125);
  // Of all runs: 0.25, 8, 0.5 and 0.375 ms of the first.
  expect([1, 2, 3].map((op) => copying(gatherOf(op)))).toEqual([0.4375, 0.375, 0]);
});

test('what the host could not prepare costs what the GPU idles longer, alike for all collectives of a kind', () => {
  type Waited = readonly [at: number, idle: readonly number[], kind?: Partial<CollectiveSpan>];
  // Of each collective: when it is there, then how long the GPU idles before its copy, and before the two pieces of a
  // kernel that needs it. That another message is under way, and that a kernel ran before, changes nothing.
  const run = (copyMs: number, collectives: readonly Waited[]): RunResult => {
    const spans = collectives.flatMap(([at, [toCopy, toKernel, within], kind], op): Span[] => {
      const copied = at + toCopy! + copyMs;
      const begin = copied + toKernel!;
      const pieces = [
        [begin, begin + 0.5],
        [begin + 0.5 + within!, begin + 1 + within!],
      ] as const;
      const last = begin + 2 + within!;
      return [
        collective(op, 0, at - 0.25, at, kind),
        message(99, 0, 1, at - 5, at + 9),
        compute(0, at - 4, at - 1, { op: op + 10 }),
        copy(op, 0, copied - copyMs, copied),
        // The last that waited is told first.
        compute(1, last, last + 1, { op: op + 20, awaited: { op, at } }),
        compute(0, begin, pieces[1][1], { op: op + 30, pieces, awaited: { op, at } }),
        compute(0, pieces[1][1], last, { op: op + 40 }),
      ];
    });
    return { spans: () => spans, counts: new Map() } as unknown as RunResult;
  };
  const backward = { phase: 'backward' } as const;
  const combine = { name: 'Combine' };
  const shared = { block: 'shared' };
  const runs = [
    run(0.5, [
      [10, [0.5, 0.25, 0.125]],
      [30, [0.25, 0.25, 0]],
      [50, [4, 0, 0]],
      [70, [2, 0, 0], backward],
      [90, [3, 0, 0], combine],
      [110, [5, 0, 0], shared],
    ]),
    run(0.25, [
      [10, [0.125, 0, 0]],
      [30, [0.5, 0.25, 0.25]],
    ]),
  ];
  const delayed = [
    run(1, [
      [10, [0.125, 0.125, 0]],
      [30, [0.125, 0, 0.125]],
      [50, [0.25, 0, 0]],
      [70, [0.5, 0, 0], backward],
      [90, [4, 0, 0], combine],
    ]),
  ];
  // 0.125, 0.5, 0.875, 1 and 4 ms, and 0.25 where it is prepared. Of the last kind it is not known what that takes.
  const expected = [0.625, 0.625, 0.625, 1.5, 0].entries();
  expect(calibrationOf(runs, RANKS, delayed).unpreparedMs).toEqual(new Map(expected));
  expect(calibrationOf(runs, RANKS, []).unpreparedMs).toEqual(new Map());
  // Without a wire nothing is prepared for an arrival.
  const { resume, unpreparedMs } = calibrationOf(runs, RANKS, null);
  expect([resume.lag, [...unpreparedMs.values()]]).toEqual([0, [0.875, 0.875, 0.875, 2, 3, 5]]);
});

test.each([0.25, 1, 3])('over the link of ratio %d all collectives take so many times the computation', (ratio) => {
  const calibration = calibrated();
  const settings = { ...DEFAULT_MEASUREMENT, ranks: RANKS, link: { kind: 'ratio', ratio } } as const;
  const link = chooseLink(settings, calibration)!;
  // 14 MB in ratio × 7 ms, on a GPU that is as good as twice as fast as the devices that it plays.
  expect(link).toEqual({ gbps: expect.closeTo((2 * 2) / ratio, 9), us: 0, dilation: 2 });
  const topology = topologyOf(settings, link, 2)!;
  expect(wireMsOf(program, calibration, linksOf(topology, RANKS, 1), RANKS)).toBeCloseTo(7 * ratio, 6);
  // A slow device's messages take longer by the same formula.
  const slow = linksOf({ ...topology, slow: { rank: 1, times: 3 } }, RANKS, 1);
  expect(wireMsOf(program, calibration, slow, RANKS)).toBeCloseTo(21 * ratio, 6);
});

test('a link of a speed is as it is asked for, and none is chosen where messages take what they take, or nothing', () => {
  const calibration = calibrated();
  const speed = { kind: 'speed', gbps: 50, us: 10 } as const;
  expect(chooseLink({ ...DEFAULT_MEASUREMENT, link: speed, dilate: 3 }, calibration)).toEqual({
    gbps: 50,
    us: 10,
    dilation: 3,
  });
  for (const kind of ['native', 'none'] as const)
    expect(chooseLink({ ...DEFAULT_MEASUREMENT, link: { kind } }, calibration)).toBeNull();
  const silent = { ...calibration, portBytes: new Map() };
  const ratio = { kind: 'ratio', ratio: 1 } as const;
  const refused = (change: Partial<MeasureSettings>) => () =>
    chooseLink({ ...DEFAULT_MEASUREMENT, link: ratio, ...change }, silent);
  expect(refused({ ranks: 1 })).toThrow(/one device sends nothing; use more devices/);
  expect(refused({ ranks: 4 })).toThrow(/sends nothing, as one without routed experts does; .*--parallel tp/);
});

test('the schedule expects of a collective what the link takes, but no less than without one', () => {
  const calibration = { ...calibrated(), unpreparedMs: new Map([[2, 0.5]]) };
  // 5 MB at 10 MB a ms take 0.5 ms and 1 of latency; 50 MB a ms with none take less than the host needs to hear, and
  // after the second the GPU idles 0.5 ms longer, as nothing could be prepared.
  const link = (bytesPerMs: number, latencyMs: number): Topology => ({
    nodes: 1,
    jitter: 0,
    slow: null,
    within: { bytesPerMs, latencyMs },
    between: { bytesPerMs, latencyMs },
  });
  const costs = (topology: Topology) => program.operations.map(costOf(calibration, topology, RANKS));
  expect(costs(link(1e7, 1)).map((ms) => Number(ms.toFixed(6)))).toEqual([3, 1.5, 1.9, 4]);
  expect(costs(link(5e7, 0)).map((ms) => Number(ms.toFixed(6)))).toEqual([3, 0.5, 1, 4]);
  const slow = { ...calibration, durations: new Map([[1, 0.75]]) };
  expect(program.operations.map(costOf(slow, link(Number.POSITIVE_INFINITY, 0), RANKS))).toEqual([0, 0.75, 1, 0]);
  expect(program.operations.map(costOf(slow, null, RANKS))).toEqual([0, 0.75, 1, 0]);
  // Without a wire what it took, as the host need not hear of each.
  expect(program.operations.map(costWithoutWire(slow))).toEqual([0, 0.75, 0.5, 0]);
});

test('without timestamps the ratio reached is over what ranks were busy, and there is none of no computation', () => {
  const times = (alone: number, computed: number) =>
    ({
      alone: [new Map(alone ? [[0, alone]] : []), new Map()],
      computed: [new Map([[0, computed]]), new Map([[0, computed]])],
      delivered: new Map([
        [1, 3],
        [2, 5],
      ]),
    }) as unknown as OperationTimes;
  expect(ratioReachedIn(times(8, 16))).toBe(2);
  expect(ratioReachedIn(times(0, 16))).toBe(0.5);
  expect(ratioReachedIn(times(0, 0))).toBeNull();
});
