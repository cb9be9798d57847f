import { median } from 'simple-statistics';
import type { KernelTime } from '../../../cluster/pass_spans';
import type { RunOptions, RunResult } from '../../../cluster/run';
import type { ComputeSpan } from '../../../trace/span';

/** What kernels take, by operation and rank. */
export type KernelTimes = NonNullable<RunOptions['apart']>;

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

/**
 * Times of kernels from runs in which each is run so often in a row that steps of the clock no longer count. A kernel
 * that stays too short has its time with a larger error.
 */
export async function timeKernels(
  stepMs: number,
  runWith: (timesOf: NonNullable<RunOptions['timesOf']>) => Promise<RunResult>,
): Promise<KernelTimes> {
  const times = new Map<string, number>();
  const known = new Map<string, KernelTime>();
  const keyOf = (op: number, rank: number) => `${op} ${rank}`;
  for (let i = 0; i < MOST_RUNS; i++) {
    const run = await runWith((op, rank) => times.get(keyOf(op.id, rank)) ?? 1);
    let enough = true;
    for (const { op, rank, gpuMs } of kernelsOf(run)) {
      const key = keyOf(op, rank);
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
  return (op, rank) => known.get(keyOf(op.id, rank)) ?? null;
}
