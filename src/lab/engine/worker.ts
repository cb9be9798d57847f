/// <reference lib="webworker" />
import { type Gpu, GpuUnavailable, openGpu } from '../../gpu/device';
import { siteSource } from '../../model/source';
import { InputError } from '../../words/error';
import { type Phrase, phrase, wordsOf } from '../../words/phrase';
import type { ExperimentEvent } from '../experiments/experiment';
import { type Lab, openLab } from '../setup/lab';
import { type Job, runJob } from './job';

/** To the worker. Files are fetched relative to `base`; one job at a time. */
export type Request =
  | { readonly kind: 'run'; readonly job: Job; readonly gpu: 'hardware' | 'swiftshader'; readonly base: string }
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
  const send = (reply: Reply) => scope.postMessage(reply);

  const run = async ({ job, gpu: preference, base }: Extract<Request, { kind: 'run' }>): Promise<void> => {
    stopping = new AbortController();
    try {
      if (!opened) {
        const gpu = await openGpu(scope.navigator.gpu, preference);
        opened = { gpu, lab: await openLab(gpu, siteSource(base), scope.navigator.userAgent) };
        const forget = () => {
          opened = null;
        };
        gpu.lost.then(forget);
      }
      const { lab, gpu } = opened;
      const lost = gpu.lost.then((cause) => {
        throw cause;
      });
      const result = await Promise.race([
        runJob(lab, job, (event) => send({ kind: 'event', event }), stopping.signal),
        lost,
      ]);
      send({ kind: 'done', result });
    } catch (cause) {
      send({ kind: 'failed', ...(await explain(cause, opened?.gpu ?? null, stopping.signal)) });
    }
  };
  scope.onmessage = ({ data }: MessageEvent<Request>) => {
    if (data.kind === 'stop') stopping?.abort();
    else void run(data);
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
