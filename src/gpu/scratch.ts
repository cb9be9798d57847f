import { BYTES_OF } from '../model/value_type';
import { contractOf, type KernelName, type NamedSizes } from '../program/kernels';
import type { BufferPool, Storage } from './buffers';
import type { Engine } from './engine';

/** What a kernel is bound to when it is only timed: integers that make sense, in their order, and drawn values. */
export async function scratchFor(
  engine: Engine,
  pool: BufferPool,
  kernel: KernelName,
  sizes: NamedSizes,
  integers: readonly Uint32Array<ArrayBuffer>[],
): Promise<Storage[]> {
  await engine.launcher.prepare([{ kernel: 'draw_normal', sizes: {} }]);
  const { inputs, outputs } = contractOf(kernel);
  const given = [...integers];
  return [
    ...inputs(sizes).map(({ type, count, rowsOf }) => {
      if (type === 'u32') return pool.hold(given.shift()!);
      const values = pool.reserve(Math.max(count, (rowsOf ?? 0) * (sizes.rows ?? sizes.pairs!)) * BYTES_OF.f32);
      draw(engine, values);
      return values;
    }),
    ...outputs(sizes).map(({ count }) => pool.reserve(count * BYTES_OF.u32)),
  ];
}

/** Fills a buffer with normal numbers. */
function draw({ gpu, launcher }: Engine, values: Storage): void {
  const rows = values.bytes / BYTES_OF.f32;
  const sizes = { rows, first: 0, stream: 1, cols: rows, firstRow: 0, firstCol: 0, ownCols: rows, scale: 0.5 };
  const launch = launcher.bind('draw_normal', sizes, [values]);
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  launcher.record(pass, launch);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
  launcher.release(launch);
}

/** Pairs of a grouped product, as many for each expert as for the others: their rows, and where an expert's begin. */
export const balancedPairs = (pairs: number, groups: number): Uint32Array<ArrayBuffer>[] =>
  pairsOf(pairs, new Array(groups).fill(1));

/** The same, the n-th expert's as many as 1 / n of the first's (Zipf). */
export const skewedPairs = (pairs: number, groups: number): Uint32Array<ArrayBuffer>[] =>
  pairsOf(
    pairs,
    Array.from({ length: groups }, (_, e) => 1 / (e + 1)),
  );

function pairsOf(pairs: number, shares: readonly number[]): Uint32Array<ArrayBuffer>[] {
  const all = shares.reduce((sum, share) => sum + share, 0);
  let before = 0;
  const begins = shares.map((share) => {
    const begin = Math.round((before / all) * pairs);
    before += share;
    return begin;
  });
  return [Uint32Array.from({ length: pairs }, (_, i) => i), Uint32Array.from([...begins, pairs])];
}

/**
 * The first key and the own of each token, where tokens see `keys` keys in all: those of sequences that share them, or
 * else each has keys of its own.
 */
export function keysOfTokens(rows: number, keys: number, keyRows: number): Uint32Array<ArrayBuffer>[] {
  const each = Math.max(1, Math.round(keys / rows));
  const length = Math.max(1, 2 * each - 1);
  const shared = keys > keyRows;
  // Tokens before those of this run, where keys are of a cache.
  const earlier = shared ? Math.max(0, keyRows - rows) : 0;
  const own = (row: number) => Math.min(keyRows - 1, shared ? earlier + row : row * each + each - 1);
  const first = (row: number) => {
    if (!shared) return Math.max(0, own(row) - each + 1);
    return earlier > 0 ? 0 : row - (row % length);
  };
  return [
    Uint32Array.from({ length: rows }, (_, row) => first(row)),
    Uint32Array.from({ length: rows }, (_, row) => own(row)),
  ];
}
