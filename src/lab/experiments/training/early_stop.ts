/** The score of a benchmark after so many steps, in shares of right answers. */
export type Benchmarked = { readonly step: number; readonly score: number };

/**
 * Of benchmarks in turn the best one, of equal ones the last; and whether the last `patience` of them gained no more
 * than `delta` on the one that gained last (early stopping: Prechelt, 1998).
 */
export function bestOf(
  benchmarks: readonly Benchmarked[],
  { patience, delta }: { readonly patience: number; readonly delta: number },
): { readonly best: Benchmarked | null; readonly ends: boolean } {
  let best: Benchmarked | null = null;
  let gained = 0;
  for (const [i, own] of benchmarks.entries()) {
    if (own.score >= (best?.score ?? 0)) best = own;
    if (own.score > benchmarks[gained]!.score + delta) gained = i;
  }
  return { best, ends: benchmarks.length - 1 - gained >= patience };
}
