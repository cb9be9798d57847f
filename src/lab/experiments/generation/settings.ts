import { SCHEDULES } from '../../../schedule/orders';
import type { Frozen } from '../../../words/frozen';
import { phrase } from '../../../words/phrase';
import { because, z } from '../../../words/zod';
import { DEFAULT_RUN_SETTINGS, Prompt, RunSettings, Speed, Tokens } from '../run_settings';

/** What is generated: prompts continued by each connectivity under each schedule, beside each other. */
export const GenerateSettings = RunSettings.extend({
  schedule: z.array(z.enum(SCHEDULES)).min(1),
  /** Requests of one batch, dealt out to the devices in turn. */
  prompts: z.array(Prompt).min(1, because(phrase`at least one prompt is needed`)).max(64),
  /** What the prompts are: text; what a user says, put into the checkpoint's chat template; or token ids (1,2,3). */
  promptAs: z.enum(['text', 'chat', 'ids']),
  /** Further requests of the batch: passages of `text` as long as the first prompt, one after the other. */
  others: z.number().int().min(0).max(255),
  /** Tokens that each prompt is continued by at most. */
  tokens: Tokens,
  /** Prompt tokens of a request that one step takes at most. */
  chunk: Tokens,
  /** null: a wire that takes no time. */
  link: Speed.nullable(),
  sampling: z.object({
    temperature: z.number().min(0).max(10),
    topK: z.number().int().min(0).max(1_000_000),
    topP: z.number().gt(0).max(1),
  }),
  /** End a text at the tokens that the model's config names. */
  stopAtEnd: z.boolean(),
});
export type GenerateSettings = Frozen<z.output<typeof GenerateSettings>>;

export const DEFAULT_GENERATION: GenerateSettings = {
  ...DEFAULT_RUN_SETTINGS,
  schedule: ['overlapped'],
  prompts: ['Alice was beginning to'],
  promptAs: 'text',
  others: 0,
  tokens: 48,
  chunk: 64,
  link: null,
  sampling: { temperature: 0, topK: 0, topP: 1 },
  stopAtEnd: true,
};
