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

/** What was recorded since the last submit is handed over; answers the submit's number. */
function submit(recorder: ReturnType<typeof createRecorder>, at: number): number {
  const number = recorder.seal();
  recorder.submitted(at);
  return number;
}

/** Two ranks do operations in turn; `turns` are [operation, rank, begin, end] in ms on both clocks. */
function spansOf(turns: readonly (readonly [number, number, number, number])[]) {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  const ops = [op(0), op(1)];
  for (const [id, rank] of turns) recorder.add({ rank, op: ops[id]!, flops: 1, awaited: null, apart: null });
  submit(recorder, 0);
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
  submit(recorder, 1);
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

test('a copy lasts as long as its pass, and is no compute', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  recorder.add({ ...NONE, rank: 0, op: op(0) });
  const pass = recorder.add();
  for (const rank of [0, 1]) recorder.copied({ op: sent, rank, bytes: 5, pass });
  recorder.copied({ op: sent, rank: 0, bytes: 6, pass: 7 });
  recorder.add({ ...NONE, rank: 0, op: op(1) });
  submit(recorder, 0);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(0, 2, 1, 3, 3, 4));
  // It began once what was before it had ended.
  const copy = { kind: 'copy', op: 7, start: 1, end: 2, bytes: 5 };
  expect(recorder.copies(1)).toMatchObject([
    { ...copy, rank: 0 },
    { ...copy, rank: 1 },
  ]);
  expect(recorder.spans(0, () => 0).map(({ start, end }) => [start, end])).toEqual([
    [0, 2],
    [3, 4],
  ]);
});

test('a part can leave a step after a stamp that was rounded down: by then its round has ended for sure', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0);
  recorder.add({ ...NONE, rank: 0, op: op(0) });
  submit(recorder, 0);
  recorder.known(0, 9);
  recorder.timestamps(0, BigUint64Array.from([65_536n * 10n, 65_536n * 31n]));
  expect(recorder.endedAt(0)).toBeCloseTo(32 * 0.065536, 9);
});

test('one offset holds for the whole run; what is learnt of the clock meanwhile is its error', () => {
  const recorder = createRecorder({ lower: 0, upper: 4, tickNs: 0n }, 1, 0);
  recorder.add({ ...NONE, rank: 0, op: op(0) });
  submit(recorder, 10);
  recorder.known(0, 13);
  recorder.timestamps(0, stamps(10, 12.500001));
  expect(recorder.endedAt(0)).toBeCloseTo(14.5, 5);
  expect(recorder.clock()).toMatchObject({ lower: 0, upper: expect.closeTo(0.5, 5) });
  expect(recorder.clockErrorMs()).toBeCloseTo(2, 5);
});

test('a kernel shorter than the step of a rounding browser is uncertain; one by a fine clock is not', () => {
  const uncertainBy = (tick: number) => {
    const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0);
    recorder.add({ ...NONE, rank: 0, op: op(0) });
    recorder.add({ ...NONE, rank: 0, op: op(1) });
    submit(recorder, -1);
    recorder.known(0, 100);
    recorder.timestamps(0, stamps(0, 0, tick, 3 * tick));
    return recorder.spans(0, () => 0).map(({ uncertain, source }) => [uncertain, source]);
  };
  expect(uncertainBy(0.065536)).toEqual([
    [true, 'gpu'],
    [false, 'gpu'],
  ]);
  // 32 ns are the GPU's own step.
  expect(uncertainBy(0.000032).map(([uncertain]) => uncertain)).toEqual([false, false]);
});

const after = (ms: number, errorMs = 0) => ({ flops: 1, awaited: null, apart: { ms, errorMs } }) as const;

test('under coarse timestamps kernels last as long as when timed apart, or to the ends of their errors', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0, 'calibrated');
  recorder.add({ ...after(0.5, 0.125), rank: 0, op: op(0) });
  recorder.add({ ...after(0.25, 1), rank: 0, op: op(1) });
  recorder.copied({ op: sent, rank: 0, bytes: 5, pass: recorder.add() });
  submit(recorder, 0);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(1, 1, 1, 1, 1.5, 4));
  const lengths = (tilt: -1 | 0 | 1) => recorder.spans(0, () => 0, tilt).map(({ gpuMs }) => gpuMs);
  expect([lengths(-1), lengths(0), lengths(1)]).toEqual([
    [0.375, 0],
    [0.5, 0.25],
    [0.625, 1.25],
  ]);
  expect(recorder.spans(0, () => 0).map(({ source, uncertain }) => [source, uncertain])).toEqual([
    ['calibrated', false],
    ['calibrated', false],
  ]);
  // What follows begins as much later.
  const [copy] = recorder.copies(0);
  const [late] = recorder.copies(0, 1);
  expect([copy!.start, late!.start, late!.end]).toEqual([1.75, 2.875, 4]);
});

test('kernels that share a pass share its time by what they take when timed apart, and ranks their rounds within it', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  const [first, second] = [op(0), op(1)];
  recorder.add({ ...after(1), rank: 0, op: first }, { ...after(3), rank: 1, op: first });
  recorder.addToLast({ ...after(2), rank: 0, op: second });
  recorder.addToLast({ ...after(2), rank: 1, op: second });
  recorder.add({ ...after(7), rank: 0, op: op(2) });
  submit(recorder, 0);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(0, 16, 20, 21));
  const spans = recorder.spans(0, () => 0);
  expect(
    spans.map(({ rank, op: id, turnAt, gpuMs, pieces, source }) => [id, rank, turnAt, gpuMs, pieces, source]),
  ).toEqual([
    // 8 of 16 ms are the first round's; rank 0 did a quarter of it, and computes for twice its turn.
    [0, 0, 0, 2, [[0, 4]], 'calibrated'],
    [0, 1, 2, 6, [[0, 8]], 'calibrated'],
    [1, 0, 8, 4, [[8, 16]], 'calibrated'],
    [1, 1, 12, 4, [[8, 16]], 'calibrated'],
    // Alone in its pass: its time is the pass's.
    [2, 0, 20, 1, [[20, 21]], 'gpu'],
  ]);
  // No error of shares changes what a pass took.
  expect(recorder.spans(0, () => 0, 1)).toEqual(spans);
});

test('kernels of which nothing is known share a pass evenly', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0);
  recorder.add({ ...NONE, rank: 0, op: op(0) }, { ...after(0), rank: 0, op: op(1) });
  submit(recorder, 0);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(0, 4));
  expect(recorder.spans(0, () => 0).map(({ start, end }) => [start, end])).toEqual([
    [0, 2],
    [2, 4],
  ]);
});

test('without timestamps a submit is a span of its kernels on each rank, from when they could start to its fence', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  const add = (rank: number, id: number, more: { awaited?: Collective; flops?: number | null } = {}) =>
    recorder.add({ ...NONE, rank, op: op(id), ...more });
  add(0, 0);
  add(1, 0);
  add(0, 1);
  add(0, 2);
  expect(submit(recorder, 10)).toBe(0);
  add(0, 3, { awaited: sent, flops: null });
  add(0, 4);
  add(1, 3, { awaited: sent });
  expect(submit(recorder, 12)).toBe(1);
  add(0, 5);
  expect(submit(recorder, 30)).toBe(2);
  recorder.fenced(0, 20);
  recorder.fenced(1, 25);
  // The third submit is not known to be done.
  const spans = recorder.spans(10, (_, rank) => (rank === 0 ? 18 : 23));
  expect(
    spans.map(({ rank, name, kernel, flops, pieces, submitted }) => ({ rank, name, kernel, flops, pieces, submitted })),
  ).toEqual([
    { rank: 0, name: 'op 0 … op 2', kernel: null, flops: 3, pieces: [[0, 10]], submitted: 0 },
    { rank: 1, name: 'op 0', kernel: 'add', flops: 1, pieces: [[0, 10]], submitted: 0 },
    // What it waited for was there at 18, but the submit before it ended at 20.
    { rank: 0, name: 'op 3 … op 4', kernel: null, flops: null, pieces: [[10, 15]], submitted: 2 },
    { rank: 1, name: 'op 3', kernel: 'add', flops: 1, pieces: [[13, 15]], submitted: 2 },
  ]);
  for (const { source, gpuMs, turnAt, uncertain, start, end, pieces } of spans) {
    expect({ source, gpuMs, turnAt, uncertain }).toEqual({
      source: 'host',
      gpuMs: null,
      turnAt: null,
      uncertain: false,
    });
    expect([[start, end]]).toEqual(pieces);
  }
  expect(spans[2]!.awaited).toEqual({ op: 7, at: 8 });
});

test('spans are told since the run’s origin, in all that they say', () => {
  const recorder = createRecorder({ lower: 3, upper: 5, tickNs: 0n }, 1, 0);
  expect(recorder.add({ ...NONE, rank: 0, op: op(0), awaited: sent })).toBe(0);
  expect(recorder.add()).toBe(1);
  submit(recorder, 2);
  recorder.known(0, 100);
  expect([recorder.endedAt(0), recorder.endedAt(9), recorder.spans(0, () => 0)]).toEqual([undefined, undefined, []]);
  // The GPU's 6 is the host's 10.
  recorder.timestamps(0, stamps(6, 8, 9, 9));
  expect(recorder.spans(1, () => 4)).toMatchObject([
    { start: 9, end: 11, pieces: [[9, 11]], turnAt: 9, gpuMs: 2, submitted: 1, awaited: { op: 7, at: 3 }, sharing: 1 },
  ]);
  // A round that ended before it could begin has nothing but its end.
  expect(recorder.spans(1, () => 40)[0]).toMatchObject({ start: 11, end: 11, pieces: [[11, 11]] });
});

test('what a device took in is known by the pass behind it, or by the fence of its submit', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 1, 0);
  const upload = { op: sent, from: 1, rank: 0 };
  recorder.uploaded({ ...upload, pass: recorder.add() });
  recorder.uploaded({ ...upload, pass: recorder.add() });
  submit(recorder, 0);
  recorder.uploaded({ ...upload, pass: null });
  submit(recorder, 1);
  expect(recorder.intakes()).toEqual([]);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(1, 2));
  recorder.fenced(1, 9);
  expect(recorder.intakes().map(({ submit, at }: { submit?: number; at: number }) => [submit, at])).toEqual([
    [0, 2],
    [1, 9],
  ]);
});

test('what was known of a submit first counts, and of those before it', () => {
  const recorder = createRecorder({ lower: -100, upper: 100, tickNs: 0n }, 1, 0);
  for (const at of [0, 1]) {
    recorder.add({ ...NONE, rank: 0, op: op(at) });
    submit(recorder, at);
  }
  recorder.known(1, 10);
  recorder.known(0, 50);
  recorder.timestamps(0, stamps(1, 4, 5, 8));
  // 10 − 8 and not 50 − 4.
  expect(recorder.clock().upper).toBe(2);
});

test('kernels whose stamps are not known part rounds, and copies beside them are not known', () => {
  const recorder = createRecorder({ lower: 0, upper: 0, tickNs: 0n }, 2, 0);
  const one = op(0);
  for (const rank of [0, 1]) recorder.add({ ...NONE, rank, op: one });
  recorder.add();
  recorder.add({ ...NONE, rank: 0, op: one });
  recorder.add({ ...NONE, rank: 1, op: one });
  recorder.copied({ op: sent, rank: 1, bytes: 1, pass: recorder.add() });
  submit(recorder, 0);
  recorder.known(0, 100);
  recorder.timestamps(0, stamps(0, 1, 1, 2, 2, 2, 4, 5));
  // Two of a round, then one of another: in it rank 0 is alone.
  expect(recorder.spans(0, () => 0).map(({ start, end }) => [start, end])).toEqual([
    [0, 2],
    [0, 2],
    [4, 5],
  ]);
  expect(recorder.copies(0)).toEqual([]);
});
