import { create } from 'zustand';
import { createEngineClient, type EngineClient, JobFailed } from '../../lab/engine/client';
import type { FailureCause } from '../../lab/engine/worker';
import { earlyGeneration, earlyMeasurement, earlySweep } from '../../lab/experiments/ended';
import type { Doing, ExperimentEvent, Progress } from '../../lab/experiments/experiment';
import type { GenerationResult } from '../../lab/experiments/generation/result';
import type { GenerateSettings } from '../../lab/experiments/generation/settings';
import { type Pace, paceAfter } from '../../lab/experiments/pace';
import type { Sizing } from '../../lab/experiments/sizing';
import type { SweepPoint } from '../../lab/experiments/sweep_result';
import { combinationTrack, keyOf, type Track } from '../../lab/experiments/track';
import { newRun } from '../../lab/runs/lab_run';
import { nameOf, type RunContent } from '../../lab/runs/run_kinds';
import { type Phrase, phrase } from '../../words/phrase';
import { stayAwake } from './awake';
import { type Asked, askedBy, type Form } from './form';
import { useForm } from './form_store';
import { watchHidden } from './hidden';
import { textNow } from './language';
import { preference } from './preference';
import { useRuns } from './runs_store';
import { namesShown, runShown } from './session';
import { firstLook } from './stepping';
import { useView } from './view_store';

export type Status =
  /** `ended`: how the run did that was the last to go on; null: none was. */
  | { readonly kind: 'idle'; readonly ended: 'done' | 'stopped' | null }
  | {
      readonly kind: 'running';
      readonly doing: Doing;
      readonly done: number;
      readonly total: number;
      readonly part: Progress['part'];
      /** By performance.now(). */
      readonly pace: Pace | null;
    }
  | { readonly kind: 'failed'; readonly reason: FailureCause; readonly phrase: Phrase };

/** A text that is being written. */
export type Writing = { readonly settings: GenerateSettings; readonly results: readonly GenerationResult[] };

/** Of the run that goes on: timelines, text, and the points of a sweep that are done. */
type Live = {
  readonly tracks: readonly Track[];
  readonly writing: Writing | null;
  readonly points: readonly SweepPoint[];
};
const NOTHING_YET: Live = { tracks: [], writing: null, points: [] };

type EngineState = {
  readonly status: Status;
  /** null when no run goes on. */
  readonly live: Live | null;
  /** How large the run that goes on, or was last, was made for this GPU; null where the settings said it. */
  readonly sized: Sizing | null;
  /** Does what the settings say. */
  readonly run: () => Promise<void>;
  /** Does what settings say of an untrained model, as large as this GPU does in some seconds: the form then says it. */
  readonly runSized: (change: Partial<Form>) => Promise<void>;
  readonly stop: () => void;
};

/** What the engine does. */
export const useEngine = create<EngineState>((set, get) => {
  let client: EngineClient | null = null;
  const tell = ({ doing, done, total, part }: Omit<Progress, 'kind'>) => {
    const { status } = get();
    const before = status.kind === 'running' ? status.pace : null;
    const pace = paceAfter(before, { doing, done, total, part }, performance.now());
    set({ status: { kind: 'running', doing, done, total, part, pace } });
  };
  /** The run has ended, with what there is of it or with none. */
  const end = (status: Status, content: RunContent | null) => {
    set({ status, live: null });
    const wasOnShow = useView.getState().stopWatching();
    if (content) useRuns.getState().add([newRun(content, textNow().say(nameOf(content)))], 'measured', wasOnShow);
  };
  return {
    status: { kind: 'idle', ended: null },
    live: null,
    sized: null,
    async runSized(change) {
      if (get().status.kind === 'running') return;
      const known = new Set(useRuns.getState().runs.map(({ run }) => run.id));
      set({ sized: null });
      const asked = askedBy({ ...useForm.getState().form, ...change });
      client ??= createEngineClient(preference, document.baseURI);
      tell({ doing: { phase: 'opening' }, done: 0, total: 1, part: null });
      try {
        const sized = await client.run({ experiment: 'sizing', settings: asked.settings }, (event) => {
          if (event.kind === 'progress') tell(event);
        });
        const { model, tokens } = sized.chosen;
        useForm.getState().edit({ ...change, model, tokens });
        set({ status: { kind: 'idle', ended: null } });
        const running = get().run();
        set({ sized });
        await running;
        lookAtFirst(known);
      } catch (cause) {
        end(statusOf(failureOf(cause)), null);
      }
    },
    async run() {
      // The engine does one job at a time.
      if (get().status.kind === 'running') return;
      set({ sized: null });
      const { form } = useForm.getState();
      if (form.model === 'files' && form.files.length === 0) return end({ ...NO_FILES }, null);
      const asked = askedBy(form);
      client ??= createEngineClient(preference, document.baseURI);
      set({ live: NOTHING_YET });
      useView.getState().watch();
      tell({ doing: { phase: 'opening' }, done: 0, total: 1, part: null });
      const ends = [watchHidden(client.tellHidden), stayAwake()];
      try {
        const result = await client.run({ ...asked, files: form.files }, (event) => {
          if (event.kind === 'progress') tell(event);
          set({ live: liveAfter(get().live ?? NOTHING_YET, event, asked) });
        });
        const content = { kind: asked.experiment, result } as RunContent;
        end(statusAfter(content), content);
      } catch (cause) {
        const failure = failureOf(cause);
        end(statusOf(failure), contentSoFar(get().live, asked, failure.reason));
      } finally {
        for (const stop of ends) stop();
      }
    },
    stop: () => client?.stop(),
  };
});

/** A run that was begun from the first screen, and is none of those known before, is shown as that was. */
function lookAtFirst(known: ReadonlySet<string>): void {
  const { runs } = useRuns.getState();
  const { view, watching, look } = useView.getState();
  const session = runShown(runs, view.tracks);
  if (!watching && session && !known.has(session.run.id)) look(firstLook(session, namesShown(runs, view.tracks)));
}

const NO_FILES: Status = {
  kind: 'failed',
  reason: 'input',
  phrase: phrase`Choose a folder first: the model is to be a checkpoint of your own, and no files are chosen.`,
};

const failureOf = (cause: unknown): JobFailed =>
  cause instanceof JobFailed ? cause : new JobFailed('internal', phrase`${String(cause)}`);

const statusOf = ({ reason, phrase: why }: JobFailed): Status =>
  reason === 'stopped' ? { kind: 'idle', ended: 'stopped' } : { kind: 'failed', reason, phrase: why };

/** A result may have been cut short: after a lost GPU that is said as a failure, though what there is was kept. */
function statusAfter(content: RunContent): Status {
  const ended = 'ended' in content.result ? content.result.ended : undefined;
  if (ended?.kind !== 'lost') return { kind: 'idle', ended: ended ? 'stopped' : 'done' };
  return { kind: 'failed', reason: 'lost', phrase: phrase`${earlyIn(content)!} Press Run to open it again.` };
}

function earlyIn(content: RunContent): Phrase | null {
  switch (content.kind) {
    case 'measurement':
      return earlyMeasurement(content.result);
    case 'sweep':
      return earlySweep(content.result);
    case 'generation':
      return earlyGeneration(content.result);
    default:
      return null;
  }
}

/** A sweep that fails at one of its points keeps what it has. */
function contentSoFar(live: Live | null, asked: Asked, reason: FailureCause): RunContent | null {
  if (asked.experiment !== 'sweep' || !live || live.points.length === 0) return null;
  const { over, values } = asked.settings.sweep;
  const interrupted = reason === 'stopped' || reason === 'lost';
  const ended = interrupted ? { ended: { kind: reason, asked: values.length } } : {};
  return { kind: 'sweep', result: { over, points: live.points, ...ended } };
}

/** What is known of the run after an event more. */
function liveAfter(live: Live, event: ExperimentEvent, { settings, ...asked }: Asked): Live {
  switch (event.kind) {
    case 'spans': {
      const track = combinationTrack(settings, event.combination, event.spans);
      return { ...live, tracks: withEqual(live.tracks, track, ({ key }) => key) };
    }
    case 'written': {
      if (asked.experiment !== 'generation') return live;
      const results = withEqual(live.writing?.results ?? [], event.result, keyOf);
      return { ...live, writing: { settings: settings as GenerateSettings, results } };
    }
    case 'point':
      return { ...NOTHING_YET, points: [...live.points, event.point] };
    default:
      return live;
  }
}

/** A list with one more entry; it takes the place of that of the same key. */
function withEqual<T>(list: readonly T[], entry: T, keyOf: (entry: T) => string): readonly T[] {
  const at = list.findIndex((each) => keyOf(each) === keyOf(entry));
  return at < 0 ? [...list, entry] : list.with(at, entry);
}

/** The run that goes on, if it is on show. */
export function useWatched(): Live | null {
  const live = useEngine((state) => state.live);
  const watching = useView((state) => state.watching);
  return watching ? live : null;
}
