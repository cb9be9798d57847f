/** How far what is computed here, in float32 too, may be from what PyTorch computes, of its size. */
export const TOLERANCE = 1e-4;

/**
 * ‖found − expected‖ / ‖expected‖ in float64. Written here once more, since the product's own measure may not judge
 * the product. What is not a number, or of another length, is as far off as can be.
 */
export function errorOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length || found.length === 0) return Number.POSITIVE_INFINITY;
  let off = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = found[i]! - expected[i]!;
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    off += difference * difference;
    size += expected[i]! * expected[i]!;
  }
  return off === 0 ? 0 : Math.sqrt(off) / Math.sqrt(size);
}

/** Mean over all next tokens of −log softmax(logits)[token], in float64; of each sequence, logits [T, vocabulary]. */
export function lossOf(logits: readonly ArrayLike<number>[], sequences: readonly (readonly number[])[]): number {
  let sum = 0;
  let count = 0;
  sequences.forEach((ids, s) => {
    const vocabulary = logits[s]!.length / ids.length;
    for (let t = 0; t + 1 < ids.length; t++) {
      const row = Array.from({ length: vocabulary }, (_, id) => logits[s]![t * vocabulary + id]!);
      const most = Math.max(...row);
      const total = row.reduce((all, logit) => all + Math.exp(logit - most), 0);
      sum += most + Math.log(total) - row[ids[t + 1]!]!;
      count++;
    }
  });
  return sum / count;
}
