import { create } from 'zustand';
import { createEngineClient, type EngineClient, JobFailed } from '../lab/client';
import type { GenerationResult } from '../lab/generate';
import type { JobEvent } from '../lab/job';
import {
  type LabRun,
  liveTrack,
  nameOf,
  newRun,
  type RunContent,
  type SweepPoint,
  sweptSetting,
  type Track,
} from '../lab/lab_run';
import type { Doing } from '../lab/progress';
import type { GenerateSettings } from '../lab/settings';
import type { FailureCause } from '../lab/worker';
import { type Phrase, phrase } from '../words/phrase';
import { type Form, generationOf, settingsOf } from './form';
import { readLink } from './link';
import { freeName, namesShown, type SessionRun, sessionRun, viewOfRun, withRun } from './session';
import { languageOf, sayIn, textIn } from './text/catalogues';
import { runName } from './titles';
import { NOTHING_CHOSEN, runOfTrack, type View } from './view';

export type Status =
  /** `ended`: how the run did that was the last to go on; null: none was. */
  | { readonly kind: 'idle'; readonly ended: 'done' | 'stopped' | null }
  | {
      readonly kind: 'running';
      /** null: the GPU is being opened. */
      readonly doing: Doing | { readonly phase: 'generating'; readonly step: number } | null;
      readonly done: number;
      readonly total: number;
      /** Of a sweep: the value that is measured, and how many values there are. */
      readonly point: { readonly number: number; readonly of: number } | null;
      /** When what is counted by `total` began, performance.now() ms. */
      readonly since: number;
    }
  | { readonly kind: 'failed'; readonly reason: FailureCause; readonly phrase: Phrase };

/** A text that is being written. */
export type Writing = { readonly settings: GenerateSettings; readonly results: readonly GenerationResult[] };

type Live = { readonly tracks: readonly Track[]; readonly writing: Writing | null };

type LabState = {
  readonly form: Form;
  readonly view: View;
  /** What of the page's link could not be used, a sentence each. */
  readonly linkProblems: readonly Phrase[];
  readonly status: Status;
  readonly runs: readonly SessionRun[];
  /** Timelines of the run that is going on, and its text; null when none is. */
  readonly live: Live | null;
  /** It is on show, instead of what the view names. */
  readonly watching: boolean;
  readonly edit: (change: Partial<Form>) => void;
  readonly look: (change: Partial<View>) => void;
  /** Shows these tracks, instead of a run that goes on. */
  readonly show: (names: Pick<View, 'top' | 'bottom'>) => void;
  /** Forms before the latest edits, and those that were undone, the nearest last. */
  readonly past: readonly Form[];
  readonly future: readonly Form[];
  readonly undo: () => void;
  readonly redo: () => void;
  /** Takes the settings and the view that a link's fragment says. */
  readonly followLink: (fragment: string) => void;
  /** Measures, or generates text. */
  readonly run: () => Promise<void>;
  readonly stop: () => void;
  /** Shows the run that is going on. */
  readonly watch: () => void;
  /** Puts runs on the list; `show`: and shows the last of them. */
  readonly addRuns: (runs: readonly LabRun[], origin: SessionRun['origin'], show: boolean) => void;
  readonly showRun: (id: string) => void;
  readonly renameRun: (id: string, name: string) => void;
  readonly removeRun: (id: string) => void;
  readonly markSaved: (id: string) => void;
};

/** Edits of the same field that follow one another within this time are one, ms. */
const ONE_EDIT_MS = 1000;
const MOST_UNDONE = 100;

/** In an automated browser the page may be told which adapter to take, as the command line is: `?gpu=swiftshader`. */
export const preference =
  new URLSearchParams(location.search).get('gpu') === 'swiftshader' ? 'swiftshader' : 'hardware';

const opened = readLink(location.hash);

export const useLab = create<LabState>((set, get) => {
  let engine: EngineClient | null = null;
  let latest = { keys: '', at: 0 };

  const measureOnce = (client: EngineClient, form: Form, settings: ReturnType<typeof settingsOf>) =>
    client.run<'measure'>({ kind: 'measure', settings, files: form.files }, (event) => {
      onProgress(event);
      if (event.kind === 'spans') showLive(liveTrack(settings, event.combination, event.spans), null);
    });

  const measureBy = async (client: EngineClient, form: Form): Promise<RunContent> => {
    const settings = settingsOf(form);
    const { sweep } = form;
    if (!sweep) return { kind: 'measurement', measurement: await measureOnce(client, form, settings) };
    const points: SweepPoint[] = [];
    // A prompt has the tokens that it has: a passage of the book is as long as is asked for. A ratio is of an emulated
    // pace.
    const over = { tokens: { prompt: null }, ratio: { backing: 'shared' as const }, ranks: {} }[sweep.over];
    for (const [i, value] of sweep.values.entries()) {
      set({ live: { tracks: [], writing: null } });
      point = { number: i + 1, of: sweep.values.length };
      try {
        points.push({
          value,
          measurement: await measureOnce(client, form, { ...settings, ...over, ...sweptSetting(sweep.over, value) }),
        });
      } catch (cause) {
        // A sweep that is stopped, or fails at one of its points, keeps what it has.
        if (points.length === 0 || !(cause instanceof JobFailed)) throw cause;
        if (cause.reason !== 'stopped') failedPoint = { kind: 'failed', reason: cause.reason, phrase: cause.phrase };
        break;
      }
    }
    return { kind: 'sweep', over: sweep.over, points };
  };

  const generateBy = async (client: EngineClient, form: Form): Promise<RunContent> => {
    const settings = generationOf(form);
    const generation = await client.run<'generate'>({ kind: 'generate', settings, files: form.files }, (event) => {
      onProgress(event);
      const results = get().live?.writing?.results ?? [];
      if (event.kind === 'step') showLive(liveTrack(settings, event.combination, event.spans), { settings, results });
      if (event.kind === 'continued') {
        const at = results.findIndex(({ connectivity }) => connectivity === event.result.connectivity);
        const written = at < 0 ? [...results, event.result] : results.with(at, event.result);
        set({ live: { tracks: get().live?.tracks ?? [], writing: { settings, results: written } } });
      }
    });
    return { kind: 'generation', generation };
  };

  /** Of a sweep, the point that is measured, and how one of them failed. */
  let point: { number: number; of: number } | null = null;
  let failedPoint: Extract<Status, { kind: 'failed' }> | null = null;
  const onProgress = (event: JobEvent) => {
    if (event.kind === 'step') tell({ phase: 'generating', step: event.step }, 0, 0);
    if (event.kind === 'progress') tell(event.doing, event.done, event.total);
  };
  const tell = (doing: Extract<Status, { kind: 'running' }>['doing'], done: number, total: number) => {
    const { status } = get();
    const goesOn = status.kind === 'running' && status.total === total;
    set({ status: { kind: 'running', doing, done, total, point, since: goesOn ? status.since : performance.now() } });
  };
  const showLive = (track: Track, writing: Writing | null) => {
    const tracks = get().live?.tracks ?? [];
    const at = tracks.findIndex(({ key }) => key === track.key);
    set({ live: { tracks: at < 0 ? [...tracks, track] : tracks.with(at, track), writing } });
  };

  const nameShown = (run: SessionRun) => runName(textIn(languageOf(get().view)), run);

  /**
   * The run that was going on has ended, and what the view names is on show again. Answers whether the run was on show.
   */
  const end = (status: Status): boolean => {
    const { watching, view } = get();
    set({ status, live: null, watching: false, view: watching ? { ...view, ...NOTHING_CHOSEN } : view });
    return watching;
  };

  return {
    form: opened.form,
    view: opened.view,
    linkProblems: opened.problems,
    status: { kind: 'idle', ended: null },
    runs: [],
    live: null,
    watching: false,
    past: [],
    future: [],
    edit(change) {
      const { form, past } = get();
      // Letters typed or a slider drawn one after the other are one edit.
      const keys = Object.keys(change).join();
      const now = performance.now();
      const goesOn = keys === latest.keys && now - latest.at < ONE_EDIT_MS;
      latest = { keys, at: now };
      set({
        form: { ...form, ...change },
        past: goesOn ? past : [...past, form].slice(-MOST_UNDONE),
        future: [],
        linkProblems: [],
      });
    },
    look(change) {
      const { view } = get();
      const { top = view.top, bottom = view.bottom } = change;
      // Where other tracks are shown, what was chosen of those before means nothing.
      if (top === view.top && bottom === view.bottom) set({ view: { ...view, ...change } });
      else set({ view: { ...view, ...NOTHING_CHOSEN, ...change }, watching: false });
    },
    show: (names) => set({ view: { ...get().view, ...NOTHING_CHOSEN, ...names }, watching: false }),
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
      const { form, view, problems } = readLink(fragment);
      latest = { keys: '', at: 0 };
      // Files can't be in a link: those chosen stay chosen.
      set({
        form: { ...form, files: before.files },
        view,
        watching: false,
        past: [...past, before].slice(-MOST_UNDONE),
        future: [],
        linkProblems: problems,
      });
    },
    stop: () => engine?.stop(),
    watch: () => set({ watching: true, view: { ...get().view, ...NOTHING_CHOSEN } }),
    async run() {
      // The engine does one job at a time.
      if (get().status.kind === 'running') return;
      engine ??= createEngineClient(preference, document.baseURI);
      const { form } = get();
      point = null;
      failedPoint = null;
      set({ live: { tracks: [], writing: null } });
      get().watch();
      tell(null, 0, 1);
      try {
        const content = await (form.task === 'measure' ? measureBy : generateBy)(engine, form);
        const wasOnShow = end(failedPoint ?? { kind: 'idle', ended: 'done' });
        get().addRuns([newRun(content, sayIn(languageOf(get().view), nameOf(content)))], 'measured', wasOnShow);
      } catch (cause) {
        const failure = cause instanceof JobFailed ? cause : new JobFailed('internal', phrase`${String(cause)}`);
        end(
          failure.reason === 'stopped'
            ? { kind: 'idle', ended: 'stopped' }
            : { kind: 'failed', reason: failure.reason, phrase: failure.phrase },
        );
      }
    },
    addRuns(added, origin, show) {
      const runs = added.map((run) => sessionRun(run, origin));
      set({ runs: runs.reduce((all, run) => withRun(all, run, nameShown), get().runs) });
      const last = runs.at(-1);
      if (show && last) get().show(viewOfRun(last));
    },
    showRun(id) {
      const run = get().runs.find((each) => each.run.id === id);
      if (run) get().show(viewOfRun(run));
    },
    renameRun(id, name) {
      const { runs } = get();
      const free = freeName(runs.filter(({ run }) => run.id !== id).map(nameShown), name);
      set({
        runs: runs.map((each) =>
          each.run.id === id ? { ...each, run: { ...each.run, name: free }, saved: false } : each,
        ),
      });
    },
    removeRun(id) {
      const { runs, view, watching } = get();
      const { top, bottom } = namesShown(runs, view);
      const gone = (name: string) => runOfTrack(name) === id;
      const change = gone(top) ? { top: '', bottom: '' } : gone(bottom) ? { bottom: '' } : null;
      set({
        runs: runs.filter(({ run }) => run.id !== id),
        view: change ? { ...view, ...(watching ? {} : NOTHING_CHOSEN), ...change } : view,
      });
    },
    markSaved: (id) => set({ runs: get().runs.map((each) => (each.run.id === id ? { ...each, saved: true } : each)) }),
  };
});

/** The run that is going on, if it is on show. */
export const watched = ({ live, watching }: LabState): Live | null => (watching ? live : null);
