import { DEFAULT_GENERATION, GenerateSettings } from '../../lab/experiments/generation/settings';
import { DEFAULT_MEASUREMENT, MeasureSettings } from '../../lab/experiments/measurement/settings';
import { DEFAULT_RUN_SETTINGS, isFiles, Prompt, RunSettings } from '../../lab/experiments/run_settings';
import { Sweep, type SweepSettings } from '../../lab/experiments/sweep_settings';
import type { RunContent } from '../../lab/runs/run_kinds';
import { isUntrained } from '../../model/presets';
import { SCHEDULES } from '../../schedule/orders';
import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';

const { tokens, pass, recompute, sharded, link, repeats, until, budget, schedule } = MeasureSettings.shape;
const { promptAs, others, chunk, sampling } = GenerateSettings.shape;

/**
 * What the form holds but for files, in the terms of the settings of a run: one schema for the form, a link and the
 * command line.
 */
export const FormSettings = RunSettings.extend({
  task: z.enum(['measure', 'generate']),
  source: z.enum(['prompt', 'passage']),
  prompt: Prompt,
  tokens,
  pass,
  recompute,
  sharded,
  link,
  schedule,
  repeats,
  until,
  budget,
  /** Measured again and again at each of the values; null: once. */
  sweep: Sweep.nullable(),
  promptAs,
  others,
  newTokens: GenerateSettings.shape.tokens,
  chunk,
  sampling,
});
export type FormSettings = z.infer<typeof FormSettings>;

/** What the form holds; `askedBy` makes of it an experiment and its settings. */
export type Form = Frozen<FormSettings> & {
  /** Files chosen or dropped, when the model is `files`. */
  readonly files: readonly File[];
};

export const DEFAULT_FORM: Form = {
  ...DEFAULT_RUN_SETTINGS,
  balanced: true,
  files: [],
  task: 'measure',
  source: 'prompt',
  prompt: 'Alice was beginning to',
  tokens: DEFAULT_MEASUREMENT.tokens,
  pass: DEFAULT_MEASUREMENT.pass,
  recompute: DEFAULT_MEASUREMENT.recompute,
  sharded: DEFAULT_MEASUREMENT.sharded,
  link: DEFAULT_MEASUREMENT.link,
  schedule: ['overlapped'],
  repeats: DEFAULT_MEASUREMENT.repeats,
  until: null,
  budget: 300,
  sweep: null,
  promptAs: DEFAULT_GENERATION.promptAs,
  others: 3,
  newTokens: DEFAULT_GENERATION.tokens,
  chunk: DEFAULT_GENERATION.chunk,
  sampling: DEFAULT_GENERATION.sampling,
};

/** What the form's Run asks of the engine. */
export type Asked =
  | { readonly experiment: 'measurement'; readonly settings: MeasureSettings }
  | { readonly experiment: 'sweep'; readonly settings: SweepSettings }
  | { readonly experiment: 'generation'; readonly settings: GenerateSettings };

export function askedBy(form: Form): Asked {
  if (form.task === 'generate') return { experiment: 'generation', settings: generationOf(form) };
  const settings = measurementOf(form);
  return form.sweep
    ? { experiment: 'sweep', settings: { ...settings, sweep: form.sweep } }
    : { experiment: 'measurement', settings };
}

/** Files are called what their folder is, so that a run of them is, too. */
function modelOf({ model, files }: Form): string {
  const [folder, ...inside] = files[0]?.webkitRelativePath.split('/') ?? [];
  return model === 'files' && folder && inside.length > 0 ? `files:${folder}` : model;
}

/** The settings that all experiments share. */
function runSettingsOf(form: Form): RunSettings {
  const keys = Object.keys(RunSettings.shape) as (keyof RunSettings)[];
  const own = Object.fromEntries(keys.map((key) => [key, form[key]])) as RunSettings;
  return { ...own, model: modelOf(form), balanced: form.balanced && isUntrained(form.model) };
}

const measurementOf = (form: Form): MeasureSettings => ({
  ...runSettingsOf(form),
  prompt: form.source === 'prompt' ? form.prompt : null,
  tokens: form.tokens,
  pass: form.pass,
  recompute: form.recompute && form.pass !== 'forward',
  sharded: form.sharded && form.pass === 'step',
  schedule: form.schedule,
  backing: form.link.kind === 'native' ? 'separate' : 'shared',
  link: form.link,
  repeats: form.repeats,
  until: form.until,
  budget: form.budget,
  continuation: form.sweep ? 0 : 12,
});

const generationOf = (form: Form): GenerateSettings => ({
  ...runSettingsOf(form),
  schedule: form.schedule,
  prompts: [form.prompt],
  promptAs: form.promptAs,
  others: form.others,
  tokens: form.newTokens,
  chunk: form.chunk,
  link: form.link.kind === 'speed' ? { gbps: form.link.gbps, us: form.link.us } : null,
  sampling: form.sampling,
  stopAtEnd: true,
});

/**
 * The form that runs what a run was of, on other hardware maybe; null where the form can't say it (files, traces,
 * several prompts, methods that are not known here).
 */
export function formOfRun(run: RunContent): Partial<Form> | null {
  const change = changeOfRun(run);
  if (!change || isFiles(change.model!)) return null;
  const { files: _, ...settings } = change;
  if (!SOME_SETTINGS.safeParse(settings).success) return null;
  // A checkpoint routes by itself: what an untrained model would do stays as it is.
  const { balanced: __, ...others } = change;
  return isUntrained(change.model!) ? change : others;
}
const SOME_SETTINGS = FormSettings.partial();

function changeOfRun(run: RunContent): Partial<Form> | null {
  switch (run.kind) {
    case 'trace':
    case 'traces':
      return null;
    case 'generation': {
      const { link: speed, prompts, tokens: newTokens, stopAtEnd: _, ...rest } = run.result.settings;
      if (prompts.length !== 1) return null;
      const pace: Form['link'] = speed ? { kind: 'speed', ...speed } : DEFAULT_FORM.link;
      return { ...rest, files: [], task: 'generate', prompt: prompts[0]!, link: pace, newTokens };
    }
    case 'measurement':
      return { ...changeOf(run.result.settings), sweep: null };
    case 'sweep': {
      const { over, points } = run.result;
      return {
        ...changeOf(points[0]!.measurement.settings),
        sweep: { over, values: points.map(({ value }) => value) },
      };
    }
  }
}

function changeOf({ prompt, backing: _, continuation: __, ...rest }: MeasureSettings): Partial<Form> {
  const from = prompt === null ? ({ source: 'passage' } as const) : ({ source: 'prompt', prompt } as const);
  return { ...rest, ...from, files: [], task: 'measure' };
}

/** What a run compares: one thing, some connectivities, or all of them under both schedules. */
export const comparesAll = ({ schedule: own }: Pick<Form, 'schedule'>): boolean => own.length === SCHEDULES.length;
