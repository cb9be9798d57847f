/** Shares done that say something of the rest. */
const LEAST_SHARE = 0.05;

/**
 * How long work may still take, ms, if it goes on as it went since `since` (performance.now() ms); null while too
 * little is done to say.
 */
export function remainingMs(
  { done, total, since }: { readonly done: number; readonly total: number; readonly since: number },
  now: number,
): number | null {
  if (total <= 0 || done / total < LEAST_SHARE || done >= total) return null;
  return ((now - since) / done) * (total - done);
}
