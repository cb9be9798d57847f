import { create } from 'zustand';
import { tracksOf } from '../../lab/runs/run_kinds';
import type { TraceFile } from '../../trace/read_trace';
import { InputError } from '../../words/error';
import { type Phrase, phrase } from '../../words/phrase';
import { useRuns } from '../state/runs_store';
import { runOfTrack, trackName } from '../state/view';
import { useView } from '../state/view_store';
import { openRunFiles, type PlacedFile } from './files';
import type { TraceEvent } from './trace_worker';

type Reading = { readonly kind: 'reading'; readonly bytes: number; readonly of: number };

/** Files that are being opened: what has been read, what could not be. */
type Opening = {
  readonly state: { readonly kind: 'idle' } | Reading;
  readonly problems: readonly Phrase[];
  /** Opens runs and traces, and shows them. */
  readonly open: (files: readonly PlacedFile[]) => Promise<void>;
  /** Gives up what is being read; what was open stays. */
  readonly stop: () => void;
};

export const useOpening = create<Opening>()((set, get) => {
  let stopped = new AbortController();
  return {
    state: { kind: 'idle' },
    problems: [],
    async open(files) {
      get().stop();
      stopped = new AbortController();
      const { signal } = stopped;
      set({ problems: [] });
      const of = files.reduce((sum, { file }) => sum + file.size, 0);
      const onRead = (bytes: number) => set({ state: { kind: 'reading', bytes, of } });
      try {
        const { runs, problems } = await openRunFiles(files, (traces) => readInWorker(traces, onRead, signal));
        if (signal.aborted) return;
        set({ problems });
        if (runs.length === 0) return;
        // A link may have named one of them: then what it says is shown.
        const { tracks } = useView.getState().view;
        const named = runs.some(({ id }) => tracks.some((name) => runOfTrack(name) === id));
        useRuns.getState().add(runs, 'opened', !named);
        // Two traces at once are there to be compared.
        const [first, second, ...others] = runs.filter(({ kind }) => kind === 'trace');
        if (!named && first && second && others.length === 0)
          useView
            .getState()
            .show([first, second].flatMap((run) => tracksOf(run).map(({ key }) => trackName(run.id, key))));
      } finally {
        if (!signal.aborted) set({ state: { kind: 'idle' } });
      }
    },
    stop() {
      stopped.abort();
      set({ state: { kind: 'idle' } });
    },
  };
});

/** Reads traces in a worker of their own; what was not read when it is stopped is left out. */
function readInWorker(
  files: readonly PlacedFile[],
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<(TraceFile | InputError)[]> {
  if (files.length === 0) return Promise.resolve([]);
  const read: (TraceFile | InputError)[] = [];
  const worker = new Worker(new URL('./trace_worker.ts', import.meta.url), { type: 'module' });
  return new Promise<(TraceFile | InputError)[]>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve([]), { once: true });
    worker.addEventListener('error', ({ message }) =>
      resolve([...read, new InputError(phrase`The files can't be read: ${message || 'out of memory'}.`)]),
    );
    worker.addEventListener('message', ({ data }: MessageEvent<TraceEvent>) => {
      switch (data.kind) {
        case 'read':
          return onRead(data.bytes);
        case 'trace':
          return void read.push(data.trace);
        case 'problem':
          return void read.push(new InputError(data.why));
        case 'failed':
          return reject(new Error(data.why));
        case 'done':
          return resolve(read);
      }
    });
    worker.postMessage(files);
  }).finally(() => worker.terminate());
}
