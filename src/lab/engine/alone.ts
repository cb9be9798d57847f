import type { ExperimentId } from '../experiments/experiments';

/** What measures, and so is disturbed by another tab of ours that does. */
const MEASURING: readonly ExperimentId[] = ['sizing', 'measurement', 'sweep', 'generation'];
const LOCK = 'farskip-lab measuring';

/**
 * Waits until no other tab of this origin measures, and keeps others waiting until what it answers is called.
 * `tellWaiting` hears when it waits, and when it no longer does. An abort ends the wait. Where there are no locks
 * (Node, older browsers, pages that may store nothing), and for what does not measure, nothing is waited for.
 */
export async function untilAlone(
  experiment: ExperimentId,
  locks: LockManager | undefined,
  tellWaiting: (waiting: boolean) => void,
  signal: AbortSignal,
): Promise<() => void> {
  const nothing = () => {};
  if (!locks || !MEASURING.includes(experiment)) return nothing;
  const free = await held(locks, { ifAvailable: true }).catch(() => nothing);
  if (free) return free;
  tellWaiting(true);
  const letGo = await held(locks, { signal });
  tellWaiting(false);
  return letGo!;
}

/** Holds the lock until what it answers is called; null: another holds it, and it was not to be waited for. */
const held = (locks: LockManager, options: LockOptions): Promise<(() => void) | null> =>
  new Promise((resolve, reject) => {
    const hold = (lock: Lock | null) => (lock ? new Promise<void>((letGo) => resolve(letGo)) : resolve(null));
    locks.request(LOCK, options, hold).catch(reject);
  });
