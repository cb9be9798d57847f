import { z } from 'zod';
import { DEFAULT_GENERATION, DEFAULT_SETTINGS, GenerateSettings, Settings } from '../lab/settings';
import { isUntrained } from '../model/presets';

const { model, balanced, text, tokens, ranks, parallel, wire, link, repeats } = Settings.shape;
const { others, chunk, sampling, seed } = GenerateSettings.shape;

/** What the form holds but for files, in the terms of the settings of a run: one schema for the form, a link and the command line. */
export const FormSettings = z.object({
  /** A preset's id, `kept:NAME`, `files`, or an address. */
  model,
  balanced,
  task: z.enum(['measure', 'generate']),
  source: z.enum(['prompt', 'passage']),
  prompt: z.string().max(100_000),
  text,
  tokens,
  ranks,
  parallel,
  wire,
  link,
  farskip: z.boolean(),
  schedule: Settings.shape.schedule.element,
  repeats,
  others,
  newTokens: GenerateSettings.shape.tokens,
  chunk,
  sampling,
  seed,
});
export type FormSettings = z.infer<typeof FormSettings>;

/** What the form holds; `settingsOf` and `generationOf` make of it the settings of a run. */
export type Form = Readonly<FormSettings> & {
  /** Files chosen or dropped, when the model is `files`. */
  readonly files: readonly File[];
};

export const DEFAULT_FORM: Form = {
  model: 'reference',
  files: [],
  balanced: true,
  task: 'measure',
  source: 'prompt',
  prompt: 'Alice was beginning to',
  text: 'alice',
  tokens: 64,
  ranks: 4,
  parallel: 'ep',
  wire: 'bf16',
  link: { kind: 'ratio', ratio: 0.5 },
  farskip: true,
  schedule: 'overlapped',
  repeats: 3,
  others: 3,
  newTokens: DEFAULT_GENERATION.tokens,
  chunk: DEFAULT_GENERATION.chunk,
  sampling: DEFAULT_GENERATION.sampling,
  seed: DEFAULT_GENERATION.seed,
};

const connectivitiesOf = ({ farskip }: Form, which: 'chosen' | 'both') =>
  which === 'both' ? ['regular', 'farskip'] : [farskip ? 'farskip' : 'regular'];

export function settingsOf(form: Form, which: 'chosen' | 'both'): Settings {
  return {
    ...DEFAULT_SETTINGS,
    model: form.model,
    balanced: form.balanced && isUntrained(form.model),
    prompt: form.source === 'prompt' ? form.prompt : null,
    text: form.text,
    // Never cuts a prompt of the user's: one that is too long is refused with its length.
    tokens: form.source === 'prompt' ? 4096 : form.tokens,
    connectivity: connectivitiesOf(form, which),
    schedule: [form.schedule],
    ranks: form.ranks,
    parallel: form.parallel,
    wire: form.wire,
    link: form.link,
    backing: form.link.kind === 'native' ? 'separate' : 'shared',
    repeats: form.repeats,
    continuation: 12,
  };
}

export function generationOf(form: Form, which: 'chosen' | 'both'): GenerateSettings {
  return {
    ...DEFAULT_GENERATION,
    model: form.model,
    balanced: form.balanced && isUntrained(form.model),
    connectivity: connectivitiesOf(form, which),
    schedule: form.schedule,
    prompts: [form.prompt],
    others: form.others,
    text: form.text,
    tokens: form.newTokens,
    chunk: form.chunk,
    ranks: form.ranks,
    parallel: form.parallel,
    wire: form.wire,
    link: form.link.kind === 'speed' ? { gbps: form.link.gbps, us: form.link.us } : null,
    sampling: form.sampling,
    seed: form.seed,
  };
}
