import { median } from 'simple-statistics';
import type { KernelTime } from '../../../cluster/pass_spans';
import type { KernelsApart, RunOptions, RunResult } from '../../../cluster/run_contract';
import type { Compute } from '../../../program/program';
import type { ComputeSpan } from '../../../trace/span';

/** Steps of the GPU's clock that a kernel must last, run in a row, for its time to be known. */
const LEAST_STEPS = 20;
const MOST_TIMES = 2000;
const MOST_RUNS = 5;

/** Whether a step of the timestamps is more than a twentieth of the median kernel. */
export function areCoarse(run: RunResult): boolean {
  const lengths = kernelsOf(run).map(({ gpuMs }) => gpuMs!);
  return lengths.length > 0 && LEAST_STEPS * run.resolutionMs > median(lengths);
}

const kernelsOf = (run: RunResult): ComputeSpan[] =>
  run.spans().filter((span): span is ComputeSpan => span.kind === 'compute' && span.gpuMs !== null);

const keyOf = ({ id }: Pick<Compute, 'id'>, rank: number): string => `${id} ${rank}`;

/**
 * What kernels take of a pass that they share: by the medians of runs in which each had one of its own. Null without
 * timestamps.
 */
export function sharesIn(runs: readonly RunResult[]): KernelsApart | null {
  const samples = new Map<string, number[]>();
  for (const run of runs)
    for (const { op, rank, gpuMs } of kernelsOf(run)) {
      const key = keyOf({ id: op }, rank);
      samples.set(key, [...(samples.get(key) ?? []), gpuMs!]);
    }
  if (samples.size === 0) return null;
  const times = new Map([...samples].map(([key, own]): [string, KernelTime] => [key, { ms: median(own), errorMs: 0 }]));
  return { of: (op, rank) => times.get(keyOf(op, rank)) ?? null, lengths: 'stamped' };
}

/**
 * Times of kernels from runs in which each is run so often in a row that steps of the clock no longer count. A kernel
 * that stays too short has its time with a larger error.
 */
export async function timeKernels(
  stepMs: number,
  runWith: (timesOf: NonNullable<RunOptions['timesOf']>) => Promise<RunResult>,
): Promise<KernelsApart> {
  const times = new Map<string, number>();
  const known = new Map<string, KernelTime>();
  for (let i = 0; i < MOST_RUNS; i++) {
    const run = await runWith((op, rank) => times.get(keyOf(op, rank)) ?? 1);
    let enough = true;
    for (const { op, rank, gpuMs } of kernelsOf(run)) {
      const key = keyOf({ id: op }, rank);
      const often = times.get(key) ?? 1;
      known.set(key, { ms: gpuMs! / often, errorMs: stepMs / often });
      const more = (LEAST_STEPS * stepMs) / Math.max(gpuMs!, stepMs / 4);
      if (more <= 1 || often === MOST_TIMES) continue;
      // A little more than was missing, so that few runs are needed.
      times.set(key, Math.min(MOST_TIMES, Math.ceil(1.2 * often * more)));
      enough = false;
    }
    if (enough) break;
  }
  return { of: (op, rank) => known.get(keyOf(op, rank)) ?? null, lengths: 'calibrated' };
}
