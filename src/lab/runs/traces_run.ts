import type { Frozen } from '../../words/frozen';
import { phrase } from '../../words/phrase';
import { z } from '../../words/zod';
import { Combination } from '../experiments/experiment';
import type { RunKind } from '../experiments/run_kind';
import { keyOf, plainTrack } from '../experiments/track';
import { TraceRun } from './trace_run';

const count = z.number().int().min(1);
const TracesRun = z.object({
  date: z.iso.datetime(),
  /** What its untrained layers are shaped like. */
  model: z.string().max(200),
  layers: count,
  /** Of each rank. */
  tokens: count,
  /** Runs of each combination without the profiler, which slows what it traces. */
  repeats: count,
  timelines: z.array(
    z.object({
      combination: Combination,
      /** Of those runs: the median, and the third lowest and third highest. */
      wallMs: z.object({ median: z.number(), low: z.number(), high: z.number() }),
      trace: TraceRun,
    }),
  ),
});
export type TracesRun = Frozen<z.output<typeof TracesRun>>;

/** Combinations that ran on real GPUs, each known by the kernels of its traces alone. */
export const tracesRun: RunKind<TracesRun> = {
  result: TracesRun,
  // Who recorded them was not this lab.
  manifestOf: () => null,
  nameOf: () => phrase`trace`,
  tracksOf: ({ timelines }) =>
    timelines.map(({ combination, trace: { ranks, spans } }) => ({
      ...plainTrack(keyOf(combination), ranks, spans),
      combination,
      pace: 'real',
    })),
};
