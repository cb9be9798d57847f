import { GpuUnavailable } from '../../gpu/device';
import type { Engine } from '../../gpu/engine';
import { whenAborted } from '../../words/aborted';
import { InputError } from '../../words/error';

/** What ends work before it is done: the user, or a GPU that goes away. */
export type Interruption = 'stopped' | 'lost';

/** Aborts when `stop` does, and with its sentence when one of the GPUs is lost. */
export const interruptible = (engines: readonly Engine[], stop: AbortSignal | undefined): AbortSignal =>
  AbortSignal.any([...(stop ? [stop] : []), ...new Set(engines.map(({ gpu }) => gpu.lost))]);

/** Whether work that failed by `cause` was interrupted, and how; `stop` is the user's. */
export function interruptionIn(cause: unknown, stop: AbortSignal | undefined): Interruption | null {
  if (cause instanceof GpuUnavailable && cause.reason === 'lost') return 'lost';
  return stop?.aborted ? 'stopped' : null;
}

/** What a signal of `interruptible` aborted for; null while it has not. */
export const interruptionBy = (signal: AbortSignal): Interruption | null => interruptionIn(signal.reason, signal);

/** How long after the first error of a lost device it may take until the device is told to be lost. */
const TOLD_MS = 100;

/**
 * Why work failed by `cause`: for the signal's reason, if that is what it came of. A lost device rejects whatever was
 * under way with errors of its own, a little before it is told.
 */
export async function reasonOf(cause: unknown, signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted && !(cause instanceof InputError)) await abortedWithin(signal, TOLD_MS);
  return signal.aborted ? signal.reason : cause;
}

function abortedWithin(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      forget();
      resolve();
    };
    const timer = setTimeout(() => done(), ms);
    const forget = whenAborted(signal, done);
  });
}
