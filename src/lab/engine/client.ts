import { bindableBytesOf } from '../../gpu/device';
import { english, type Phrase, phrase } from '../../words/phrase';
import type { Emit } from '../experiments/experiment';
import type { ExperimentId, ResultOf } from '../experiments/experiments';
import type { Job } from './job';
import type { FailureCause, Reply, Request } from './worker';

/** A job that failed in the engine's worker, and why in a sentence for the user. */
export class JobFailed extends Error {
  override name = 'JobFailed';
  constructor(
    readonly reason: FailureCause,
    readonly phrase: Phrase,
  ) {
    super(english(phrase));
  }
}

export type EngineClient = ReturnType<typeof createEngineClient>;

/** The engine in a worker, off the UI's thread; files are read relative to `base`. One job at a time. */
export function createEngineClient(gpu: 'hardware' | 'swiftshader', base: string) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const post = (request: Request) => worker.postMessage(request);
  return {
    /** Rejects with JobFailed. */
    run<Id extends ExperimentId>(job: Job<Id>, onEvent: Emit): Promise<ResultOf<Id>> {
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Reply>) => {
          if (data.kind === 'event') onEvent(data.event);
          else if (data.kind === 'done') resolve(data.result as ResultOf<Id>);
          else reject(new JobFailed(data.cause, data.phrase));
        };
        worker.onerror = (event) =>
          reject(new JobFailed('internal', phrase`The engine could not start: ${event.message}`));
        post({ kind: 'run', job, gpu, base });
      });
    },
    stop: () => post({ kind: 'stop' }),
    /** Tells the engine whether its page is hidden, which disturbs what it measures. */
    tellHidden: (hidden: boolean) => post({ kind: 'page', hidden }),
    close: () => worker.terminate(),
  };
}

/** Bytes of the largest buffer that the engine's adapter can bind; null without an adapter. */
export const largestBinding = (gpu: 'hardware' | 'swiftshader'): Promise<number | null> =>
  bindableBytesOf(navigator.gpu, gpu);
