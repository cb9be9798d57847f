import { benchExperiment } from './bench';
import { checkExperiment } from './check';
import { evaluateExperiment } from './evaluation/evaluate';
import type { Experiment } from './experiment';
import { generateExperiment } from './generation/generate';
import { hostBenchExperiment } from './host_bench';
import { kernelBenchExperiment } from './kernel_bench/kernel_bench';
import { measureExperiment } from './measurement/measure';
import { sizingExperiment } from './sizing';
import { sweepExperiment } from './sweep';
import { trainExperiment } from './training/train';

/** All that the engine can be asked to do, by what it gives. Those whose results are kept are in RUN_KINDS, too. */
export const EXPERIMENTS = {
  measurement: measureExperiment,
  sweep: sweepExperiment,
  generation: generateExperiment,
  evaluation: evaluateExperiment,
  training: trainExperiment,
  check: checkExperiment,
  bench: benchExperiment,
  kernels: kernelBenchExperiment,
  host: hostBenchExperiment,
  sizing: sizingExperiment,
} as const;
export type ExperimentId = keyof typeof EXPERIMENTS;

type Of<Id extends ExperimentId> = (typeof EXPERIMENTS)[Id];
export type ResultOf<Id extends ExperimentId> = Of<Id> extends Experiment<infer _, infer Result> ? Result : never;
