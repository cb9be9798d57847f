import { expect, test } from 'vitest';
import { createRecorder } from '../../src/cluster/recorder';
import type { Collective, Compute } from '../../src/program/program';

const op = (id: number): Compute => ({
  kind: 'compute',
  id,
  name: `op ${id}`,
  block: 'routed',
  phase: 'forward',
  layer: 0,
  kernel: 'add',
  sizes: { rows: 1, width: 1 },
  inputs: [],
  outputs: [],
});

/** Two ranks do operations in turn; `turns` are [operation, rank, begin, end] in ms on both clocks. */
function spansOf(turns: readonly (readonly [number, number, number, number])[]) {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  const ops = [op(0), op(1)];
  for (const [id, rank] of turns) recorder.add({ rank, op: ops[id]!, flops: 1, awaited: null, apart: null });
  recorder.submitted(0);
  recorder.known(0, 100);
  recorder.timestamps(
    0,
    BigUint64Array.from(turns.flatMap(([, , begin, end]) => [BigInt(begin * 1e6), BigInt(end * 1e6)])),
  );
  return recorder
    .spans(0, () => 0)
    .filter((span) => span.kind === 'compute')
    .map(({ op: id, rank, start, end, gpuMs }) => ({
      id,
      rank,
      start: Math.round(start),
      end: Math.round(end),
      gpuMs,
    }));
}

test('ranks with the same work are busy with it for the whole round', () => {
  expect(
    spansOf([
      [0, 0, 0, 10],
      [0, 1, 10, 20],
      [1, 0, 20, 25],
      [1, 1, 25, 30],
    ]),
  ).toEqual([
    { id: 0, rank: 0, start: 0, end: 20, gpuMs: 10 },
    { id: 0, rank: 1, start: 0, end: 20, gpuMs: 10 },
    { id: 1, rank: 0, start: 20, end: 30, gpuMs: 5 },
    { id: 1, rank: 1, start: 20, end: 30, gpuMs: 5 },
  ]);
});

test('a rank with less work is busy for N times its own turn, and idle for the rest of the round', () => {
  expect(
    spansOf([
      [0, 0, 0, 2],
      [0, 1, 2, 20],
    ]),
  ).toEqual([
    { id: 0, rank: 0, start: 0, end: 4, gpuMs: 2 },
    { id: 0, rank: 1, start: 0, end: 20, gpuMs: 18 },
  ]);
});

const NONE = { flops: 1, awaited: null, apart: null } as const;
const sent: Collective = {
  kind: 'all-gather',
  algorithm: 'direct',
  id: 7,
  name: 'All-gather',
  block: 'all-reduce',
  phase: 'forward',
  layer: 0,
  input: 'a',
  output: 'b',
};
const stamps = (...ms: readonly number[]) => BigUint64Array.from(ms, (each) => BigInt(Math.round(each * 1e6)));

test('nothing is computed before its round was submitted, nor before what a rank of it waited for was there', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  const shared = op(0);
  for (const rank of [0, 1]) recorder.add({ ...NONE, rank, op: shared, awaited: sent });
  recorder.submitted(1);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(0, 4, 4, 8));
  const starts = (waited: (op: Collective, rank: number) => number) =>
    recorder.spans(0, waited).map(({ start, awaited }) => [start, awaited?.at]);
  expect(starts(() => 0)).toEqual([
    [1, 0],
    [1, 0],
  ]);
  // One rank's wait holds both: they take turns.
  expect(starts((_, rank) => (rank === 1 ? 3 : 0))).toEqual([
    [3, 0],
    [3, 3],
  ]);
});

test('a copy lasts from the end of the pass before it to the start of the next, and is no compute', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0);
  recorder.add({ ...NONE, rank: 0, op: op(0) });
  recorder.copied({ op: sent, rank: 0, bytes: 5 });
  recorder.add({ ...NONE, rank: 0, op: op(1) });
  recorder.submitted(0);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(0, 2, 3, 4));
  expect(recorder.copies(1)).toMatchObject([{ kind: 'copy', op: 7, rank: 0, start: 1, end: 2, bytes: 5 }]);
  expect(recorder.spans(0, () => 0).map(({ start, end }) => [start, end])).toEqual([
    [0, 2],
    [3, 4],
  ]);
});

test('one offset holds for the whole run; what is learnt of the clock meanwhile is its error', () => {
  const recorder = createRecorder({ lower: 0, upper: 4, tickNs: 0n }, 1, 0);
  recorder.add({ ...NONE, rank: 0, op: op(0) });
  recorder.submitted(10);
  recorder.known(0, 13);
  recorder.timestamps(0, stamps(10, 12.5));
  expect(recorder.endedAt(0)).toBe(14.5);
  expect(recorder.clock()).toMatchObject({ lower: 0, upper: 0.5 });
  expect(recorder.clockErrorMs()).toBe(2);
});

test('a kernel shorter than the step of a rounding browser is uncertain; one timed apart, or by a fine clock, is not', () => {
  const apart = { ms: 0.02, errorMs: 0.005 };
  const uncertainBy = (tick: number) => {
    const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0);
    recorder.add({ ...NONE, rank: 0, op: op(0) });
    recorder.add({ ...NONE, rank: 0, op: op(1) });
    recorder.add({ ...NONE, rank: 0, op: op(2), apart });
    recorder.submitted(-1);
    recorder.known(0, 100);
    recorder.timestamps(0, stamps(0, 0, tick, 3 * tick, 4 * tick, 4 * tick));
    return recorder.spans(0, () => 0).map(({ uncertain, source }) => [uncertain, source]);
  };
  expect(uncertainBy(0.065536)).toEqual([
    [true, 'gpu'],
    [false, 'gpu'],
    [false, 'calibrated'],
  ]);
  // 32 ns are the GPU's own step.
  expect(uncertainBy(0.000032).map(([uncertain]) => uncertain)).toEqual([false, false, false]);
});

test('kernels timed apart last as long as that, or to the ends of their errors', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0);
  recorder.add({ ...NONE, rank: 0, op: op(0), apart: { ms: 0.5, errorMs: 0.125 } });
  recorder.add({ ...NONE, rank: 0, op: op(1), apart: { ms: 0.25, errorMs: 1 } });
  recorder.copied({ op: sent, rank: 0, bytes: 5 });
  recorder.add(null);
  recorder.submitted(0);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(1, 1, 1, 1, 4, 4));
  const lengths = (tilt: -1 | 0 | 1) => recorder.spans(0, () => 0, tilt).map(({ gpuMs }) => gpuMs);
  expect([lengths(-1), lengths(0), lengths(1)]).toEqual([
    [0.375, 0],
    [0.5, 0.25],
    [0.625, 1.25],
  ]);
  // What follows begins as much later.
  const [copy] = recorder.copies(0);
  const [late] = recorder.copies(0, 1);
  expect([copy!.start, late!.start, late!.end]).toEqual([1.75, 2.875, 4]);
});
