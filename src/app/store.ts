import { create } from 'zustand';
import { createEngineClient, type EngineClient, JobFailed } from '../lab/client';
import type { Generation, GenerationResult } from '../lab/generate';
import type { JobEvent } from '../lab/job';
import type { Combination, Measurement } from '../lab/measure';
import type { GenerateSettings } from '../lab/settings';
import type { FailureCause } from '../lab/worker';
import type { Span } from '../trace/span';
import { type Form, generationOf, settingsOf } from './form';
import { formOfLink, linkOf } from './link';

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
  /** What of the page's link could not be used, a sentence each. */
  readonly linkProblems: readonly string[];
  readonly status: Status;
  readonly edit: (change: Partial<Form>) => void;
  /** Forms before the latest edits, and those that were undone, the nearest last. */
  readonly past: readonly Form[];
  readonly future: readonly Form[];
  readonly undo: () => void;
  readonly redo: () => void;
  /** Takes the settings that a link's fragment says. */
  readonly followLink: (fragment: string) => void;
  /** Runs what the switches say, or FarSkip off and on: a measurement, or a generation. */
  readonly run: (which: 'chosen' | 'both') => Promise<void>;
  readonly stop: () => void;
};

/** Edits of the same field that follow one another within this time are one, ms. */
const ONE_EDIT_MS = 1000;
const MOST_UNDONE = 100;

/** Spans are kept of so many steps of a generation: some thousand spans each. */
const STEPS_KEPT = 48;

/** In an automated browser the page may be told which adapter to take, as the command line is: `?gpu=swiftshader`. */
export const preference = new URLSearchParams(location.search).get('gpu') === 'swiftshader' ? 'swiftshader' : 'hardware';

const opened = formOfLink(location.hash);

export const useLab = create<LabState>((set, get) => {
  let engine: EngineClient | null = null;
  let latest = { keys: '', at: 0 };

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
    form: opened.form,
    linkProblems: opened.problems,
    status: { kind: 'idle' },
    tracks: [],
    measurement: null,
    writing: null,
    past: [],
    future: [],
    edit(change) {
      const { form, past } = get();
      // Letters typed or a slider drawn one after the other are one edit.
      const keys = Object.keys(change).join();
      const now = performance.now();
      const goesOn = keys === latest.keys && now - latest.at < ONE_EDIT_MS;
      latest = { keys, at: now };
      set({ form: { ...form, ...change }, past: goesOn ? past : [...past, form].slice(-MOST_UNDONE), future: [], linkProblems: [] });
    },
    undo() {
      const { form, past, future } = get();
      const before = past.at(-1);
      latest = { keys: '', at: 0 };
      if (before) set({ form: before, past: past.slice(0, -1), future: [...future, form] });
    },
    redo() {
      const { form, past, future } = get();
      const after = future.at(-1);
      latest = { keys: '', at: 0 };
      if (after) set({ form: after, past: [...past, form], future: future.slice(0, -1) });
    },
    followLink(fragment) {
      const { form: before, past } = get();
      const { form, problems } = formOfLink(fragment);
      latest = { keys: '', at: 0 };
      // Files can't be in a link: those chosen stay chosen.
      set({ form: { ...form, files: before.files }, past: [...past, before].slice(-MOST_UNDONE), future: [], linkProblems: problems });
    },
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

// The address is the page's settings, always: a reload, a bookmark or somebody else finds them as they are. Browsers limit how often it may change.
const ADDRESS_MS = 300;
let addressing: ReturnType<typeof setTimeout> | undefined;
useLab.subscribe(({ form }, before) => {
  if (form === before.form) return;
  clearTimeout(addressing);
  addressing = setTimeout(() => {
    const fragment = linkOf(form);
    if (fragment !== location.hash) history.replaceState(history.state, '', `${location.pathname}${location.search}${fragment}`);
  }, ADDRESS_MS);
});
// The event's own address: the page's may have been brought up to date meanwhile.
window.addEventListener('hashchange', ({ newURL }) => useLab.getState().followLink(new URL(newURL).hash));

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
