import type { Frozen } from '../../../words/frozen';
import { z } from '../../../words/zod';
import { RunSettings } from '../run_settings';
import { RATE_SCHEDULES } from './rates';

const { model, parallel, ranks, seed } = RunSettings.shape;
const connectivity = RunSettings.shape.connectivity.element;
const count = z.number().int().min(1);

/** A quick benchmark while a model trains: it ends a training that gains nothing more, and keeps the best weights. */
const Benchmark = z.object({
  /** Steps from one to the next. */
  every: count.max(1e6),
  /** Items of each task. */
  items: count.max(10_000),
  /** How many benchmarks in turn may be no better by `delta`, a share of right answers. */
  patience: count.max(1000),
  delta: z.number().min(0).max(1),
});
export type Benchmark = Frozen<z.output<typeof Benchmark>>;

export const TrainSettings = z.object({
  model,
  connectivity,
  parallel,
  ranks,
  /** Of the order of the data, and of fresh weights. */
  seed,
  /** Whether weights are drawn anew, by the deviation that the config names, not those of the checkpoint. */
  fresh: z.boolean(),
  /** A name of `CORPORA`, or a text file. */
  data: z.string().min(1),
  /** The connectivity of the teacher, the same weights as they are at first; null: the text alone teaches. */
  teacher: connectivity.nullable(),
  /** Times the squared distance of the streams from the teacher's after each layer. */
  intermediate: z.number().min(0).max(1e3),
  /** Whether the embedding stays as it is. */
  frozenEmbedding: z.boolean(),
  steps: count.max(1e6),
  /** Tokens of a step, and of a sequence, and in how many passes a step is done. */
  batch: count.max(2 ** 22),
  length: z.number().int().min(2).max(4096),
  passes: count.max(1024),
  /** AdamW's highest rate, and its decay of weights; the norm that gradients are held to. */
  rate: z.number().positive().max(10),
  decay: z.number().min(0).max(1),
  clip: z.number().positive().max(1e6).nullable(),
  /** Steps in which the rate rises, and how it goes on. */
  warmup: z.number().int().min(0).max(1e6),
  schedule: z.enum(RATE_SCHEDULES),
  recompute: z.boolean(),
  benchmark: Benchmark.nullable(),
  /** Whether the checkpoint's files are part of the result, and after how many steps they are told on the way. */
  keep: z.boolean(),
  saveEvery: count.max(1e6).nullable(),
  /** The file `STATE` of a training of the same settings, to go on from. */
  resume: z.string().nullable(),
});
export type TrainSettings = Frozen<z.output<typeof TrainSettings>>;
