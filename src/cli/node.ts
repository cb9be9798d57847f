import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GpuUnavailable, openGpu } from '../gpu/device';
import { Endless, type Job, runJob } from '../lab/engine/job';
import type { Emit } from '../lab/experiments/experiment';
import { openLab } from '../lab/setup/lab';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { diskSource } from './disk';
import { nodeGpu, type Timestamps } from './node_gpu';
import type { Outcome } from './outcome';
import { tunedFile } from './tuned_file';

/** A step of training is ended first, which takes its time on a processor. */
const ENDING_MS = 120_000;

/** Lets the lab collect garbage before a run (lab/setup/garbage.ts). */
function exposeGarbage(): void {
  setFlagsFromString('--expose-gc');
  Object.assign(globalThis, { gc: runInNewContext('gc') });
}

/** Runs a job in this process, on Dawn for Node, until `given` is aborted; paths not absolute are the site's. */
export async function runInNode(
  job: Job,
  gpu: 'hardware' | 'swiftshader',
  site: string,
  onEvent: Emit,
  timestamps: Timestamps,
  given: AbortSignal,
): Promise<Outcome> {
  exposeGarbage();
  // Ctrl-C asks for what there is; a second one ends the process.
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    const opened = await openGpu(nodeGpu(timestamps), gpu);
    const lab = await openLab(opened, diskSource(site), `Node ${process.version}, Dawn`, tunedFile);
    return { ok: true, result: await runJob(lab, job, onEvent, AbortSignal.any([stop.signal, given]), ENDING_MS) };
  } catch (failure) {
    const cause = failure instanceof Endless ? failure.reason : failure;
    if (cause instanceof InputError) return { ok: false, reason: 'input', phrase: cause.phrase };
    if (cause instanceof GpuUnavailable) return { ok: false, reason: cause.reason, phrase: cause.phrase };
    if (stop.signal.aborted)
      return { ok: false, reason: 'input', phrase: phrase`It was stopped before there was a result.` };
    throw cause;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
