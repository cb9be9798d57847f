import { SWEEP_SETTINGS } from '../lab/lab_run';
import { DEFAULT_GENERATION, DEFAULT_SETTINGS, GenerateSettings, Settings } from '../lab/settings';
import { isUntrained } from '../model/presets';
import { z } from '../model/zod';

const { model, balanced, text, tokens, ranks, parallel, wire, allReduce, link, topology, dilate, repeats, until, budget } = Settings.shape;
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
  allReduce,
  link,
  topology,
  dilate,
  farskip: z.boolean(),
  schedule: Settings.shape.schedule.element,
  repeats,
  until,
  budget,
  /** Measured again and again at each of the values; null: once. */
  sweep: z.object({ over: z.enum(SWEEP_SETTINGS), values: z.array(z.number().positive()).min(1).max(32) }).nullable(),
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
  allReduce: DEFAULT_SETTINGS.allReduce,
  link: { kind: 'ratio', ratio: 0.5 },
  topology: DEFAULT_SETTINGS.topology,
  dilate: null,
  farskip: true,
  schedule: 'overlapped',
  repeats: 3,
  until: null,
  budget: 300,
  sweep: null,
  others: 3,
  newTokens: DEFAULT_GENERATION.tokens,
  chunk: DEFAULT_GENERATION.chunk,
  sampling: DEFAULT_GENERATION.sampling,
  seed: DEFAULT_GENERATION.seed,
};

/** What the switches say; FarSkip off and on; or both under both schedules. */
export type Which = 'chosen' | 'both' | 'all';

const connectivitiesOf = ({ farskip }: Form, which: Which) =>
  which === 'chosen' ? [farskip ? 'farskip' : 'regular'] : ['regular', 'farskip'];

export function settingsOf(form: Form, which: Which): Settings {
  return {
    ...DEFAULT_SETTINGS,
    model: form.model,
    balanced: form.balanced && isUntrained(form.model),
    prompt: form.source === 'prompt' ? form.prompt : null,
    text: form.text,
    // Never cuts a prompt of the user's: one that is too long is refused with its length.
    tokens: form.source === 'prompt' ? 4096 : form.tokens,
    connectivity: connectivitiesOf(form, which),
    schedule: which === 'all' ? ['blocking', 'overlapped'] : [form.schedule],
    ranks: form.ranks,
    parallel: form.parallel,
    wire: form.wire,
    allReduce: form.allReduce,
    link: form.link,
    topology: form.topology,
    dilate: form.dilate,
    backing: form.link.kind === 'native' ? 'separate' : 'shared',
    repeats: form.repeats,
    until: form.until,
    budget: form.budget,
    seed: form.seed,
    continuation: form.sweep ? 0 : 12,
  };
}

export function generationOf(form: Form, which: Which): GenerateSettings {
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
    allReduce: form.allReduce,
    topology: form.topology,
    dilate: form.dilate,
    link: form.link.kind === 'speed' ? { gbps: form.link.gbps, us: form.link.us } : null,
    sampling: form.sampling,
    seed: form.seed,
  };
}
