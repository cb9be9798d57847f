import { expect, test } from 'vitest';
import { createRecorder } from '../../src/cluster/recorder';
import type { Compute } from '../../src/program/program';

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
  for (const [id, rank] of turns) recorder.add({ rank, op: ops[id]!, flops: 1, awaited: null });
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
