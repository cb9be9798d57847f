import { Spans, strangerIn } from '../../../trace/span_columns';
import type { Frozen } from '../../../words/frozen';
import { z } from '../../../words/zod';
import { Manifest } from '../../setup/manifest';
import { Estimate } from '../../statistics/estimate';
import { Ended } from '../ended';
import { Combination } from '../experiment';
import { Categories, refuseStranger } from '../measurement/result';
import { inFiles } from '../run_settings';
import { DEFAULT_GENERATION, GenerateSettings } from './settings';

const number = z.number();
const count = z.number().int().min(0);
const text = z.string().max(1_000_000);

/** One prompt's continuation. Times are of the model's own steps: turns of a model beside it are left out. */
const Continuation = z.object({
  ids: z.array(count),
  text,
  ended: z.enum(['no', 'length', 'stop token', 'stopped']),
  ttftMs: number.nullable(),
  /** ms between tokens. */
  gapsMs: z.array(number),
});
export type Continuation = Frozen<z.output<typeof Continuation>>;

/** What a step's spans say, as of a measured run. */
const StepNumbers = z.object({
  /** What no schedule of its own kernels, over the wire's own formula, beats. */
  boundMs: number,
  hiddenBound: number.nullable(),
  /** Times are kernels' own; else bounds are estimates. */
  exact: z.boolean().optional(),
  /** It did better than its bounds allow: a fault of the measurement. */
  boundBroken: z.boolean(),
  /** What each device's time went to, mean over devices; adds up to the step's wall time. */
  categories: Categories,
  /** Communication ÷ computation as it was delivered. */
  ratioReached: number.nullable(),
});

/** A step of all requests together: prompt tokens, or one token each. */
const StepResult = z.object({
  tokens: count,
  /** It took prompt tokens of a request. */
  prefill: z.boolean(),
  wallMs: number,
  hidden: number.nullable(),
  /** Older files have none. */
  numbers: StepNumbers.optional(),
});
export type StepResult = Frozen<z.output<typeof StepResult>>;

/** Of the steps without prompt tokens: a step is one sample, however many requests share it. */
const Decoding = z.object({
  steps: count,
  hidden: Estimate.nullable(),
  boundMs: Estimate,
  hiddenBound: Estimate.nullable(),
  exact: z.boolean().optional(),
  /** Steps that did better than their bounds allow. */
  boundBroken: count,
  /** Mean over devices and steps. */
  categories: Categories,
  ratioReached: Estimate.nullable(),
  /** Step of the first combination ÷ this one's, step by step; null where none are of as many tokens. */
  speedup: Estimate.nullable(),
});
export type Decoding = Frozen<z.output<typeof Decoding>>;

const TokenTimes = Estimate.extend({ p95: number });

const GenerationResult = Combination.extend({
  promptTokens: z.array(count),
  /** Text of each prompt, those taken from a book too. */
  prompts: z.array(text),
  continuations: z.array(Continuation),
  /** Median over the requests, which may share the step that brings their first token: no samples of their own. */
  ttftMs: number.nullable(),
  /** Wall time of a step without prompt tokens: median with its interval, and 95th percentile, over such steps. */
  tbtMs: TokenTimes.nullable(),
  /**
   * The same when the texts were written again without a trace: kernels share passes, and on one device a step is
   * submitted before the one before it is told. null until then; older files have none.
   */
  untracedTbtMs: TokenTimes.nullable().optional(),
  /** null until all has ended, and where no step is without prompt tokens; older files have none. */
  decoding: Decoding.nullable().optional(),
  steps: z.array(StepResult),
  cacheBytes: number,
});
export type GenerationResult = Frozen<z.output<typeof GenerationResult>>;

/** One model's step with its spans. */
const GenerationStep = z.object({ step: count, combination: Combination, spans: Spans });
export type GenerationStep = Frozen<z.output<typeof GenerationStep>>;

export const Generation = z
  .object({
    manifest: Manifest,
    settings: inFiles(GenerateSettings, DEFAULT_GENERATION),
    /** Methods that the weights were made for; none for an untrained model. */
    madeFor: z.array(text),
    results: z.array(GenerationResult).min(1),
    /** The spans of the first steps of each. */
    steps: z.array(GenerationStep),
    /** Where it was interrupted, before each text had its tokens. */
    ended: Ended.optional(),
  })
  .superRefine(({ settings: { ranks }, steps }, { addIssue }) => {
    for (const { spans } of steps) refuseStranger(strangerIn(spans, ranks), ranks, addIssue);
  });
export type Generation = Frozen<z.output<typeof Generation>>;
