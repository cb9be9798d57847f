/// <reference lib="webworker" />
import { type Gpu, GpuUnavailable, openGpu } from '../../gpu/device';
import { siteSource } from '../../model/source';
import { InputError } from '../../words/error';
import { type Phrase, phrase, wordsOf } from '../../words/phrase';
import type { Doing, ExperimentEvent } from '../experiments/experiment';
import { type Lab, openLab } from '../setup/lab';
import { createIncidents } from '../setup/watch';
import { untilAlone } from './alone';
import { type Job, runJob } from './job';

/** To the worker. Files are fetched relative to `base`; one job at a time. */
export type Request =
  | { readonly kind: 'run'; readonly job: Job; readonly gpu: 'hardware' | 'swiftshader'; readonly base: string }
  | { readonly kind: 'page'; readonly hidden: boolean }
  | { readonly kind: 'stop' };

/** From the worker; a failure says why in a sentence for the user, and `stopped` answers a stop. */
export type Reply =
  | { readonly kind: 'event'; readonly event: ExperimentEvent }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly cause: FailureCause; readonly phrase: Phrase };
export type FailureCause = 'input' | 'stopped' | 'internal' | GpuUnavailable['reason'];

serve(self as DedicatedWorkerGlobalScope);

function serve(scope: DedicatedWorkerGlobalScope): void {
  let opened: { lab: Lab; gpu: Gpu } | null = null;
  let stopping: AbortController | null = null;
  const incidents = createIncidents();
  const send = (reply: Reply) => scope.postMessage(reply);
  const tell = (doing: Doing) =>
    send({ kind: 'event', event: { kind: 'progress', doing, done: 0, total: 0, part: null } });

  const run = async ({ job, gpu: preference, base }: Extract<Request, { kind: 'run' }>): Promise<void> => {
    stopping = new AbortController();
    const { signal } = stopping;
    let letGo = () => {};
    try {
      // Before the GPU is opened, which would disturb the other tab.
      const { locks } = scope.navigator;
      letGo = await untilAlone(
        job.experiment,
        locks,
        (waiting) => tell({ phase: waiting ? 'waiting' : 'opening' }),
        signal,
      );
      if (!opened) {
        const gpu = await openGpu(scope.navigator.gpu, preference);
        opened = { gpu, lab: await openLab(gpu, siteSource(base), scope.navigator.userAgent, incidents) };
        const forget = () => {
          opened = null;
        };
        gpu.lost.then(forget);
      }
      const { lab, gpu } = opened;
      const lost = gpu.lost.then((cause) => {
        throw cause;
      });
      const result = await Promise.race([runJob(lab, job, (event) => send({ kind: 'event', event }), signal), lost]);
      send({ kind: 'done', result });
    } catch (cause) {
      send({ kind: 'failed', ...(await explain(cause, opened?.gpu ?? null, signal)) });
    } finally {
      letGo();
    }
  };
  scope.onmessage = ({ data }: MessageEvent<Request>) => {
    switch (data.kind) {
      case 'stop':
        return stopping?.abort();
      case 'page':
        return incidents.tell({ kind: data.hidden ? 'hidden' : 'visible', at: performance.now() });
      case 'run':
        return void run(data);
    }
  };
}

/**
 * A lost device rejects whatever was under way with errors of its own; those are told apart by waiting a moment for
 * `lost`.
 */
async function explain(
  cause: unknown,
  gpu: Gpu | null,
  signal: AbortSignal,
): Promise<{ cause: FailureCause; phrase: Phrase }> {
  if (signal.aborted) return { cause: 'stopped', phrase: phrase`Stopped.` };
  if (cause instanceof InputError) return { cause: 'input', phrase: cause.phrase };
  if (cause instanceof GpuUnavailable) return { cause: cause.reason, phrase: cause.phrase };
  const lost = await Promise.race([gpu?.lost, new Promise<null>((resolve) => setTimeout(() => resolve(null), 100))]);
  if (lost) return { cause: lost.reason, phrase: lost.phrase };
  return { cause: 'internal', phrase: phrase`The engine failed: ${wordsOf(cause)}` };
}
