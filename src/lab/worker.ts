/// <reference lib="webworker" />
import { type Gpu, GpuUnavailable, openGpu } from '../gpu/device';
import { InputError } from '../model/error';
import { siteSource } from '../model/source';
import { type Job, type JobEvent, runJob } from './job';
import { type Lab, openLab } from './lab';

/** To the worker. Files are fetched relative to `base`; one job at a time. */
export type Request =
  | { readonly kind: 'run'; readonly job: Job; readonly gpu: 'hardware' | 'swiftshader'; readonly base: string }
  | { readonly kind: 'stop' };

/** From the worker. `message` is a sentence for the user; `stopped` answers a stop. */
export type Reply =
  | { readonly kind: 'event'; readonly event: JobEvent }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly cause: FailureCause; readonly message: string };
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
      const result = await Promise.race([runJob(lab, job, (event) => send({ kind: 'event', event }), stopping.signal), lost]);
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

/** A lost device rejects whatever was under way with errors of its own; those are told apart by waiting a moment for `lost`. */
async function explain(cause: unknown, gpu: Gpu | null, signal: AbortSignal): Promise<{ cause: FailureCause; message: string }> {
  if (signal.aborted) return { cause: 'stopped', message: 'Stopped.' };
  if (cause instanceof InputError) return { cause: 'input', message: cause.message };
  if (cause instanceof GpuUnavailable) return { cause: cause.reason, message: cause.message };
  const lost = await Promise.race([gpu?.lost, new Promise<null>((resolve) => setTimeout(() => resolve(null), 100))]);
  if (lost) return { cause: lost.reason, message: lost.message };
  return { cause: 'internal', message: `The engine failed: ${cause instanceof Error ? cause.message : cause}` };
}
