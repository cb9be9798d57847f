import { create } from 'zustand';
import { createEngineClient, type EngineClient, JobFailed } from '../lab/client';
import type { Generation, GenerationResult } from '../lab/generate';
import type { JobEvent } from '../lab/job';
import type { Combination, Measurement } from '../lab/measure';
import { DEFAULT_GENERATION, DEFAULT_SETTINGS, type GenerateSettings, type LinkSetting, type Settings } from '../lab/settings';
import type { FailureCause } from '../lab/worker';
import { isUntrained } from '../model/presets';
import type { Span } from '../trace/span';

/** What the form holds; `settingsOf` and `generationOf` make of it the settings of a run. */
export type Form = {
  /** A preset's id, `kept:NAME`, `files`, or an address. */
  readonly model: string;
  /** Files chosen or dropped, when the model is `files`. */
  readonly files: readonly File[];
  readonly balanced: boolean;
  readonly task: 'measure' | 'generate';
  readonly source: 'prompt' | 'passage';
  readonly prompt: string;
  readonly text: Settings['text'];
  readonly tokens: number;
  readonly ranks: number;
  readonly parallel: Settings['parallel'];
  readonly wire: Settings['wire'];
  readonly link: LinkSetting;
  readonly farskip: boolean;
  readonly schedule: Settings['schedule'][number];
  readonly repeats: number;
  readonly others: number;
  readonly newTokens: number;
  readonly chunk: number;
  readonly sampling: GenerateSettings['sampling'];
  readonly seed: number;
};

export type Status =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly doing: string; readonly done: number; readonly total: number }
  | { readonly kind: 'failed'; readonly reason: FailureCause; readonly message: string };

/** A timeline on show: of a finished run, or of the one going on. */
export type Track = { readonly combination: Combination; readonly spans: readonly Span[] };

/** A generation going on or finished; the spans of its latest steps, the oldest first. */
export type Writing = {
  readonly settings: GenerateSettings;
  readonly results: readonly GenerationResult[];
  readonly steps: readonly { readonly step: number; readonly tracks: readonly Track[] }[];
  /** Known once it has ended. */
  readonly finished: Generation | null;
};

type Shown = { readonly tracks: readonly Track[]; readonly measurement: Measurement | null; readonly writing: Writing | null };

type LabState = Shown & {
  readonly form: Form;
  readonly status: Status;
  readonly edit: (change: Partial<Form>) => void;
  /** Runs what the switches say, or FarSkip off and on: a measurement, or a generation. */
  readonly run: (which: 'chosen' | 'both') => Promise<void>;
  readonly stop: () => void;
};

const FORM: Form = {
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

/** Spans are kept of so many steps of a generation: some thousand spans each. */
const STEPS_KEPT = 48;

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

/** In an automated browser the page may be told which adapter to take, as the command line is: `?gpu=swiftshader`. */
export const preference = new URLSearchParams(location.search).get('gpu') === 'swiftshader' ? 'swiftshader' : 'hardware';

export const useLab = create<LabState>((set, get) => {
  let engine: EngineClient | null = null;

  const measureBy = async (client: EngineClient, form: Form, which: 'chosen' | 'both'): Promise<Partial<Shown>> => {
    const job = { kind: 'measure' as const, settings: settingsOf(form, which), files: form.files };
    const measurement = await client.run<'measure'>(job, (event) => {
      onProgress(event);
      if (event.kind === 'spans') set({ tracks: withTrack(get().tracks, event) });
    });
    return {
      measurement,
      tracks: measurement.results.map(({ connectivity, schedule, spans }) => ({ combination: { connectivity, schedule }, spans })),
    };
  };

  const generateBy = async (client: EngineClient, form: Form, which: 'chosen' | 'both'): Promise<Partial<Shown>> => {
    const settings = generationOf(form, which);
    set({ writing: { settings, results: [], steps: [], finished: null } });
    const finished = await client.run<'generate'>({ kind: 'generate', settings, files: form.files }, (event) => {
      onProgress(event);
      const { writing } = get();
      if (writing) set({ writing: written(writing, event) });
    });
    return { writing: { ...get().writing!, results: finished.results, finished } };
  };

  const onProgress = (event: JobEvent) => {
    if (event.kind === 'progress') set({ status: { ...event, kind: 'running' } });
    if (event.kind === 'step') set({ status: { kind: 'running', doing: `generating, step ${event.step + 1}`, done: 0, total: 0 } });
  };

  return {
    form: FORM,
    status: { kind: 'idle' },
    tracks: [],
    measurement: null,
    writing: null,
    edit: (change) => set({ form: { ...get().form, ...change } }),
    stop: () => engine?.stop(),
    async run(which) {
      engine ??= createEngineClient(preference, document.baseURI);
      const { form, tracks, measurement, writing } = get();
      set({ status: { kind: 'running', doing: 'opening the GPU', done: 0, total: 1 }, tracks: [], measurement: null, writing: null });
      try {
        const shown = await (form.task === 'measure' ? measureBy : generateBy)(engine, form, which);
        set({ status: { kind: 'idle' }, ...shown });
      } catch (cause) {
        const failure = cause instanceof JobFailed ? cause : new JobFailed('internal', String(cause));
        // What was on show before stays on show.
        set({
          tracks,
          measurement,
          writing,
          status: failure.reason === 'stopped' ? { kind: 'idle' } : { kind: 'failed', reason: failure.reason, message: failure.message },
        });
      }
    },
  };
});

const sameCombination = (a: Combination, b: Combination): boolean => a.connectivity === b.connectivity && a.schedule === b.schedule;

function withTrack(tracks: readonly Track[], { combination, spans }: Track): Track[] {
  const track = { combination, spans };
  const at = tracks.findIndex((t) => sameCombination(t.combination, combination));
  return at < 0 ? [...tracks, track] : tracks.with(at, track);
}

function written(writing: Writing, event: JobEvent): Writing {
  if (event.kind === 'continued') {
    const at = writing.results.findIndex((result) => sameCombination(result, event.result));
    return { ...writing, results: at < 0 ? [...writing.results, event.result] : writing.results.with(at, event.result) };
  }
  if (event.kind !== 'step') return writing;
  const at = writing.steps.findIndex(({ step }) => step === event.step);
  const tracks = withTrack(writing.steps[at]?.tracks ?? [], event);
  const steps = at < 0 ? [...writing.steps, { step: event.step, tracks }] : writing.steps.with(at, { step: event.step, tracks });
  return { ...writing, steps: steps.slice(-STEPS_KEPT) };
}
