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

/** A job that has not ended. */
type Pending = {
  readonly onEvent: Emit;
  readonly resolve: (result: unknown) => void;
  readonly reject: (cause: JobFailed) => void;
};

/**
 * The engine in a worker, off the UI's thread; files are read relative to `base`. Jobs are done one after the other. A
 * worker that fails, or does not end a job, is given up: the next job gets another.
 */
export function createEngineClient(gpu: 'hardware' | 'swiftshader', base: string) {
  const pending = new Map<number, Pending>();
  let worker: Worker | null = null;
  let number = 0;
  const take = (of: number): Pending | undefined => {
    const own = pending.get(of);
    pending.delete(of);
    return own;
  };
  const giveUp = (why: JobFailed): void => {
    worker?.terminate();
    worker = null;
    for (const of of [...pending.keys()]) take(of)!.reject(why);
  };
  /** What comes of a job that has ended is for nobody. */
  const hear = (reply: Reply): void => {
    switch (reply.kind) {
      case 'event':
        pending.get(reply.number)?.onEvent(reply.event);
        break;
      case 'done':
        take(reply.number)?.resolve(reply.result);
        break;
      case 'failed': {
        const failed = new JobFailed(reply.cause, reply.phrase);
        take(reply.number)?.reject(failed);
        if (reply.endless) giveUp(failed);
      }
    }
  };
  const open = (): Worker => {
    const own = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    own.onmessage = ({ data }: MessageEvent<Reply>) => hear(data);
    own.onerror = ({ message }) => {
      if (worker === own) giveUp(new JobFailed('internal', phrase`The engine could not start: ${message}`));
    };
    return own;
  };
  const post = (request: Request): void => {
    worker ??= open();
    worker.postMessage(request);
  };
  return {
    /** Rejects with JobFailed. */
    run<Id extends ExperimentId>(job: Job<Id>, onEvent: Emit): Promise<ResultOf<Id>> {
      number++;
      return new Promise((resolve, reject) => {
        pending.set(number, { onEvent, resolve: (result) => resolve(result as ResultOf<Id>), reject });
        post({ kind: 'run', number, job, gpu, base });
      });
    },
    /** Stops the job that was asked for last. */
    stop(): void {
      if (pending.has(number)) post({ kind: 'stop', number });
    },
    /** Tells the engine whether its page is hidden, which disturbs what it measures. */
    tellHidden: (hidden: boolean) => post({ kind: 'page', hidden }),
    close: () => giveUp(new JobFailed('stopped', phrase`Stopped.`)),
  };
}

/** Bytes of the largest buffer that the engine's adapter can bind; null without an adapter. */
export const largestBinding = (gpu: 'hardware' | 'swiftshader'): Promise<number | null> =>
  bindableBytesOf(navigator.gpu, gpu);
