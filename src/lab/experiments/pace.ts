import type { Doing, Progress } from './experiment';

/**
 * How a job's steps go: so much was done when it was looked at first, and so much is now. Times are of one clock, ms.
 */
export type Pace = {
  readonly done: number;
  readonly total: number;
  readonly doneFirst: number;
  readonly since: number;
};

/** What comes before steps, or between them, is counted by itself: bytes of a model, kernels that are tried. */
const APART: ReadonlySet<Doing['phase']> = new Set(['waiting', 'opening', 'loading', 'sizing', 'tuning']);

/** Whether progress is of the job's steps. */
export const countsSteps = ({ doing, total }: Pick<Progress, 'doing' | 'total'>): boolean =>
  total > 0 && !APART.has(doing.phase);

/** The pace after progress was told at `now`; null while no step was begun. */
export function paceAfter(pace: Pace | null, progress: Omit<Progress, 'kind'>, now: number): Pace | null {
  if (!countsSteps(progress)) return pace;
  const { done, total } = progress;
  // Steps of another total are others, such as those that warm up.
  return pace?.total === total ? { ...pace, done } : { done, total, doneFirst: done, since: now };
}

/** Shares done that say something of the rest. */
const LEAST_SHARE = 0.05;

/** How long work may still take at `now`, ms, if it goes on as it went; null while too little is done to say. */
export function remainingMs({ done, total, doneFirst, since }: Pace, now: number): number | null {
  if (done >= total || (done - doneFirst) / (total - doneFirst) < LEAST_SHARE) return null;
  return ((now - since) / (done - doneFirst)) * (total - done);
}
