import { create } from 'zustand';
import { createEngineClient, type EngineClient, JobFailed } from '../lab/client';
import type { Combination, Measurement } from '../lab/measure';
import { DEFAULT_SETTINGS, type LinkSetting, type Settings } from '../lab/settings';
import type { FailureCause } from '../lab/worker';
import type { Span } from '../trace/span';

/** What the form holds; `settingsOf` makes of it the settings of a measurement. */
export type Form = {
  readonly source: 'prompt' | 'passage';
  readonly prompt: string;
  readonly text: Settings['text'];
  readonly tokens: number;
  readonly ranks: number;
  readonly link: LinkSetting;
  readonly farskip: boolean;
  readonly schedule: Settings['schedule'][number];
  readonly repeats: number;
};

export type Status =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly doing: string; readonly done: number; readonly total: number }
  | { readonly kind: 'failed'; readonly reason: FailureCause; readonly message: string };

/** A timeline on show: of a finished run, or of the one going on. */
export type Track = { readonly combination: Combination; readonly spans: readonly Span[] };

type LabState = {
  readonly form: Form;
  readonly status: Status;
  readonly tracks: readonly Track[];
  readonly measurement: Measurement | null;
  readonly edit: (change: Partial<Form>) => void;
  /** Measures what the switches say, or FarSkip off and on in turn. */
  readonly run: (which: 'chosen' | 'both') => Promise<void>;
  readonly stop: () => void;
};

const FORM: Form = {
  source: 'prompt',
  prompt: 'Alice was beginning to',
  text: 'alice',
  tokens: 64,
  ranks: 4,
  link: { kind: 'ratio', ratio: 0.5 },
  farskip: true,
  schedule: 'overlapped',
  repeats: 3,
};

export function settingsOf(form: Form, which: 'chosen' | 'both'): Settings {
  const chosen = form.farskip ? ('farskip' as const) : ('regular' as const);
  return {
    ...DEFAULT_SETTINGS,
    prompt: form.source === 'prompt' ? form.prompt : null,
    text: form.text,
    // Never cuts a prompt of the user's: one that is too long is refused with its length.
    tokens: form.source === 'prompt' ? 4096 : form.tokens,
    connectivity: which === 'both' ? ['regular', 'farskip'] : [chosen],
    schedule: [form.schedule],
    ranks: form.ranks,
    link: form.link,
    repeats: form.repeats,
    continuation: 12,
  };
}

/** In an automated browser the page may be told which adapter to take, as the command line is: `?gpu=swiftshader`. */
const preference = new URLSearchParams(location.search).get('gpu') === 'swiftshader' ? 'swiftshader' : 'hardware';

export const useLab = create<LabState>((set, get) => {
  let engine: EngineClient | null = null;
  return {
    form: FORM,
    status: { kind: 'idle' },
    tracks: [],
    measurement: null,
    edit: (change) => set({ form: { ...get().form, ...change } }),
    stop: () => engine?.stop(),
    async run(which) {
      engine ??= createEngineClient(preference, document.baseURI);
      const settings = settingsOf(get().form, which);
      const before = { tracks: get().tracks, measurement: get().measurement };
      set({ status: { kind: 'running', doing: 'opening the GPU', done: 0, total: 1 }, tracks: [], measurement: null });
      try {
        const measurement = await engine.run({ kind: 'measure', settings }, (event) => {
          if (event.kind === 'progress') set({ status: { ...event, kind: 'running' } });
          if (event.kind === 'spans') set({ tracks: withTrack(get().tracks, event) });
        });
        const tracks = measurement.results.map(({ connectivity, schedule, spans }) => ({ combination: { connectivity, schedule }, spans }));
        set({ status: { kind: 'idle' }, measurement, tracks });
      } catch (cause) {
        const failure = cause instanceof JobFailed ? cause : new JobFailed('internal', String(cause));
        // What was measured before stays on show.
        set({
          ...before,
          status: failure.reason === 'stopped' ? { kind: 'idle' } : { kind: 'failed', reason: failure.reason, message: failure.message },
        });
      }
    },
  };
});

function withTrack(tracks: readonly Track[], { combination, spans }: Track): Track[] {
  const track = { combination, spans };
  const at = tracks.findIndex(
    (t) => t.combination.connectivity === combination.connectivity && t.combination.schedule === combination.schedule,
  );
  return at < 0 ? [...tracks, track] : tracks.with(at, track);
}
