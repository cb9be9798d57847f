import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunResult } from '../../src/cluster/run_contract';
import { areCoarse, sharesIn, timeKernels } from '../../src/lab/experiments/measurement/kernel_times';
import type { Compute } from '../../src/program/program';
import { lengthOf } from '../../src/trace/intervals';
import { turnsOf } from '../../src/trace/rounds';
import { collective, compute } from '../spans';

const STEP = 0.065536;
const rounded = (ms: number) => Math.floor(ms / STEP) * STEP;

/** A run of kernels on one rank, each so often in a row, by stamps rounded down. */
function runOf(kernels: readonly number[], gaps: readonly number[], timesOf: (op: number) => number): RunResult {
  let at = 0;
  const passes = kernels.map((ms, op) => {
    const start = at + gaps[op]!;
    at = start + timesOf(op) * ms;
    return { start: rounded(start), end: rounded(at) };
  });
  const spans = turnsOf(passes).map(([start, end], op) => compute(0, start, end, { op, gpuMs: end - start }));
  return { spans: () => spans, resolutionMs: STEP } as unknown as RunResult;
}

test('kernels shorter than a step of the clock are timed in a row, to within their errors', async () => {
  const kernel = fc.double({ min: 0.0005, max: 3, noNaN: true });
  const gap = fc.double({ min: 0, max: 0.3, noNaN: true });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(kernel, gap), { minLength: 1, maxLength: 20 }), async (drawn) => {
      const [kernels, gaps] = [drawn.map(([ms]) => ms), drawn.map(([, ms]) => ms)];
      const times = await timeKernels(STEP, async (timesOf) =>
        runOf(kernels, gaps, (op) => timesOf({ id: op } as Compute, 0)),
      );
      for (const [op, ms] of kernels.entries()) {
        const known = times.of({ id: op } as Compute, 0)!;
        expect(Math.abs(known.ms - ms)).toBeLessThanOrEqual(known.errorMs + 1e-9);
        expect(known.errorMs).toBeLessThanOrEqual(Math.max(0.06 * ms, STEP / 2000));
      }
    }),
  );
});

test('a kernel is run so often that it is known in few runs, and no more once it lasts 20 steps', async () => {
  const timed = async (kernels: readonly number[]) => {
    const asked: number[][] = [];
    await timeKernels(STEP, async (timesOf) => {
      const often = kernels.map((_, op) => timesOf({ id: op } as Compute, 0));
      asked.push(often);
      const run = runOf(kernels, [...kernels.map(() => 0)], (op) => often[op]!);
      // What is no kernel, or has no stamps, is not timed.
      const others = [collective(1, 0, 0, 1), compute(0, 0, 1, { op: 9 })];
      return { ...run, spans: () => [...run.spans(), ...others] } as RunResult;
    });
    return asked;
  };
  expect(await timed([20 * STEP])).toEqual([[1]]);
  // 5 steps: a fifth more than four times as often. Then it is enough.
  expect(await timed([5 * STEP + 1e-9, 40 * STEP])).toEqual([
    [1, 1],
    [5, 1],
  ]);
  // One too short to be seen is run 80 times first, then as often as ever, and given up after five runs.
  const asked = await timed([0]);
  expect(asked.map(([often]) => often)).toEqual([1, 96, 2000]);
  expect((await timed([1e-9, 1e-9])).length).toBeLessThanOrEqual(5);
});

test('shares of passes are medians of runs in which kernels had passes of their own', () => {
  const runs = [
    [20 * STEP, 4 * STEP],
    [10 * STEP, 6 * STEP],
    [30 * STEP, 5 * STEP],
  ].map((kernels) => runOf(kernels, [0, 0], () => 1));
  const shares = sharesIn(runs)!;
  expect([0, 1, 2].map((id) => shares.of({ id } as Compute, 0)?.ms ?? null)).toEqual([
    expect.closeTo(20 * STEP, 9),
    expect.closeTo(5 * STEP, 9),
    null,
  ]);
  expect([shares.lengths, shares.of({ id: 0 } as Compute, 1)]).toEqual(['stamped', null]);
  expect(sharesIn([{ ...runs[0]!, spans: () => [compute(0, 0, 1, { op: 0 })] }])).toBeNull();
});

test('timestamps are coarse where a step is more than a twentieth of the median kernel', () => {
  expect(areCoarse(runOf([1.4, 1.4, 1.4], [0, 0, 0], () => 1))).toBe(false);
  expect(areCoarse(runOf([0.9, 0.9, 9], [0, 0, 0], () => 1))).toBe(true);
  expect(areCoarse(runOf([], [], () => 1))).toBe(false);
});

test('kernels whose length is known lie between their stamps as far as these say, and never over one another', () => {
  const passes = [
    { start: 0, end: 0, took: 0.02 },
    { start: 0, end: 0, took: 0.03 },
    { start: 0, end: STEP, took: 0.01 },
    { start: 4 * STEP, end: 4 * STEP, took: 0.01 },
  ];
  const turns = turnsOf(passes);
  expect(turns.map((turn) => lengthOf([turn]))).toEqual(passes.map(({ took }) => expect.closeTo(took, 9)));
  for (const [i, [start]] of turns.slice(1).entries()) expect(start).toBeGreaterThanOrEqual(turns[i]![1]);
  expect(turns[2]![1]).toBeCloseTo(STEP, 9);
});
