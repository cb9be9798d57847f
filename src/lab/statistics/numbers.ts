import { median } from 'simple-statistics';

/** Relative error ‖a − b‖ / ‖b‖ in float64; NaN in either makes it NaN, lengths that differ make it Infinity. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}

/**
 * Sum over positions of −log softmax(logits)[next token], and how many there are, for one sequence: logits
 * [T, vocabulary], ids [T]. In float64.
 */
export function crossEntropy(
  logits: Float32Array,
  ids: readonly number[],
): { readonly sum: number; readonly count: number } {
  const vocabulary = logits.length / ids.length;
  let sum = 0;
  for (let t = 0; t + 1 < ids.length; t++) {
    const row = logits.subarray(t * vocabulary, (t + 1) * vocabulary);
    let maximum = Number.NEGATIVE_INFINITY;
    for (const logit of row) maximum = Math.max(maximum, logit);
    let total = 0;
    for (const logit of row) total += Math.exp(logit - maximum);
    sum += maximum + Math.log(total) - row[ids[t + 1]!]!;
  }
  return { sum, count: ids.length - 1 };
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Mean of `of(0)` … `of(count - 1)`. */
export const mean = (count: number, of: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => of(i)).reduce((a, b) => a + b, 0) / count;

export const sumOf = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** Of maps of numbers by key, the median of each key; a key that a map lacks counts as 0. */
export function mediansOf(maps: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const keys = new Set(maps.flatMap((map) => [...map.keys()]));
  return new Map([...keys].map((key) => [key, median(maps.map((map) => map.get(key) ?? 0))]));
}
