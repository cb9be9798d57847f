/**
 * A size: a number, a symbol, or a multiple of a symbol. Symbols: `tokens` and `sequences` of a rank, `rank` its index,
 * `positions` the rows of the RoPE table, `cache` the rows of its caches; `keys` the sum over its tokens of the keys
 * each attends to (a prompt of 3 tokens: 1 + 2 + 3), `keys in chunk` of those that attention in chunks sees, `key rows`
 * how many different keys there are (3); `shard` the rows of a reduce-scatter that it answers for; and those of an
 * exchange (`exchangeSymbols`).
 */
export type Dim = number | string | { readonly of: string; readonly times: number };

/** A number, or a symbol, so many times. */
export const times = (dim: number | string, count: number): Dim =>
  typeof dim === 'number' ? dim * count : { of: dim, times: count };

/** Whether a rank knows a size. */
export const isKnown = (dim: Dim, symbols: ReadonlyMap<string, number>): boolean =>
  typeof dim === 'number' || symbols.has(typeof dim === 'string' ? dim : dim.of);

/** Number of rows or of anything that a symbol stands for on a rank. Throws when the symbol is not known yet. */
export function resolve(dim: Dim, symbols: ReadonlyMap<string, number>): number {
  if (typeof dim === 'number') return dim;
  const name = typeof dim === 'string' ? dim : dim.of;
  const value = symbols.get(name);
  if (value === undefined) throw new Error(`size ${name} is not known yet`);
  return typeof dim === 'string' ? value : value * dim.times;
}
