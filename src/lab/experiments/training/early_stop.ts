/** The score of a benchmark after so many steps, in shares of right answers. */
export type Benchmarked = { readonly step: number; readonly score: number };

/**
 * Of benchmarks in turn the best, which counts as better only by more than `delta`; and whether as many as `patience`
 * came since then (early stopping: Prechelt, 1998).
 */
export function bestOf(
  benchmarks: readonly Benchmarked[],
  { patience, delta }: { readonly patience: number; readonly delta: number },
): { readonly best: Benchmarked | null; readonly ends: boolean } {
  let best = -1;
  for (const [i, { score }] of benchmarks.entries()) if (best < 0 || score > benchmarks[best]!.score + delta) best = i;
  return { best: benchmarks[best] ?? null, ends: best >= 0 && benchmarks.length - 1 - best >= patience };
}
