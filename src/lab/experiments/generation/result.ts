import { Spans, strangerIn } from '../../../trace/span_columns';
import type { Frozen } from '../../../words/frozen';
import { z } from '../../../words/zod';
import { Manifest } from '../../setup/manifest';
import { Ended } from '../ended';
import { Combination } from '../experiment';
import { refuseStranger } from '../measurement/result';
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

/** A step of all requests together: prompt tokens, or one token each. */
const StepResult = z.object({ tokens: count, prefill: z.boolean(), wallMs: number, hidden: number.nullable() });
export type StepResult = Frozen<z.output<typeof StepResult>>;

const GenerationResult = Combination.extend({
  promptTokens: z.array(count),
  /** Text of each prompt, those taken from a book too. */
  prompts: z.array(text),
  continuations: z.array(Continuation),
  ttftMs: number.nullable(),
  /** Median and 95th percentile. */
  tbtMs: z.object({ median: number, p95: number }).nullable(),
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
