/// <reference lib="webworker" />
import { GpuUnavailable, openGpu } from '../../gpu/device';
import { siteSource } from '../../model/source';
import { unlessAborted } from '../../words/aborted';
import { InputError } from '../../words/error';
import { type Phrase, phrase, wordsOf } from '../../words/phrase';
import type { Doing, ExperimentEvent } from '../experiments/experiment';
import { type Lab, openLab } from '../setup/lab';
import { createIncidents } from '../setup/watch';
import { untilAlone } from './alone';
import { Endless, type Job, runJob } from './job';
import { tunedInBrowser } from './tuned_kept';

/**
 * To the worker. Files are fetched relative to `base`. Jobs have numbers, so that nothing of one is taken for
 * another's; one that is asked for while another goes on waits for its end.
 */
export type Request =
  | {
      readonly kind: 'run';
      readonly number: number;
      readonly job: Job;
      readonly gpu: 'hardware' | 'swiftshader';
      readonly base: string;
    }
  | { readonly kind: 'page'; readonly hidden: boolean }
  | { readonly kind: 'stop'; readonly number: number };

/** From the worker, of the job of that number. */
export type Reply = { readonly number: number } & Said;
type Said =
  | { readonly kind: 'event'; readonly event: ExperimentEvent }
  | { readonly kind: 'done'; readonly result: unknown }
  | ({ readonly kind: 'failed' } & Failure);
/** Why in a sentence for the user. `endless`: the job still goes on, and this worker is of no more use. */
type Failure = { readonly cause: FailureCause; readonly phrase: Phrase; readonly endless: boolean };
export type FailureCause = 'input' | 'stopped' | 'internal' | GpuUnavailable['reason'];

serve(self as DedicatedWorkerGlobalScope);

function serve(scope: DedicatedWorkerGlobalScope): void {
  const incidents = createIncidents();
  const stops = new Map<number, AbortController>();
  let last: Promise<unknown> = Promise.resolve();
  let opened: Promise<Lab> | null = null;

  /**
   * The lab, on a GPU that is opened again once it was lost. A stop ends the wait alone: the next job finds it open.
   */
  const labOf = async ({ gpu, base }: Run): Promise<Lab> => {
    const known = await opened?.catch(() => null);
    if (known?.engine.gpu.lost.aborted) known.close();
    if (!known || known.engine.gpu.lost.aborted)
      opened = openGpu(scope.navigator.gpu, gpu).then((own) =>
        openLab(own, siteSource(base), scope.navigator.userAgent, tunedInBrowser, incidents),
      );
    return opened!;
  };
  const run = async (asked: Run, before: Promise<unknown>, signal: AbortSignal): Promise<void> => {
    const send = (said: Said) => scope.postMessage({ number: asked.number, ...said } satisfies Reply);
    const tell = (doing: Doing) =>
      send({ kind: 'event', event: { kind: 'progress', doing, done: 0, total: 0, part: null } });
    let letGo = () => {};
    try {
      await unlessAborted(before, signal);
      // Before the GPU is opened, which would disturb the other tab.
      letGo = await untilAlone(
        asked.job.experiment,
        scope.navigator.locks,
        (waiting) => tell({ phase: waiting ? 'waiting' : 'opening' }),
        signal,
      );
      const lab = await unlessAborted(labOf(asked), signal);
      const result = await runJob(lab, asked.job, (event) => send({ kind: 'event', event }), signal);
      send({ kind: 'done', result });
    } catch (cause) {
      send({ kind: 'failed', ...failureOf(cause, signal) });
    } finally {
      letGo();
    }
  };
  const begin = (asked: Run): void => {
    const stop = new AbortController();
    stops.set(asked.number, stop);
    const own = run(asked, last, stop.signal).finally(() => stops.delete(asked.number));
    last = Promise.all([last, own]);
  };
  scope.onmessage = ({ data }: MessageEvent<Request>) => {
    switch (data.kind) {
      case 'stop':
        return stops.get(data.number)?.abort();
      case 'page':
        return incidents.tell({ kind: data.hidden ? 'hidden' : 'visible', at: performance.now() });
      case 'run':
        return begin(data);
    }
  };
}

type Run = Extract<Request, { kind: 'run' }>;

function failureOf(failure: unknown, stop: AbortSignal): Failure {
  const endless = failure instanceof Endless;
  const cause = endless ? failure.reason : failure;
  if (stop.aborted) return { cause: 'stopped', phrase: phrase`Stopped.`, endless };
  if (cause instanceof InputError) return { cause: 'input', phrase: cause.phrase, endless };
  if (cause instanceof GpuUnavailable) return { cause: cause.reason, phrase: cause.phrase, endless };
  return { cause: 'internal', phrase: phrase`The engine failed: ${wordsOf(cause)}`, endless };
}
