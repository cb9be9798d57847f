import type { Storage } from '../gpu/buffers';
import type { Engine } from '../gpu/engine';
import type { WeightSource } from '../model/checkpoint';
import type { Plan } from '../model/plan';
import { readFloats } from '../model/safetensors';
import { BYTES_OF } from '../model/value_type';
import { type Cut, cutOf, matrixIn, type Piece, type Weight } from '../model/weights';
import type { SizesOf } from '../program/kernels';
import { unlessAborted } from '../words/aborted';

export type OnBytes = (done: number, totalBytes: number) => void;
type StorageOfRanks = readonly ReadonlyMap<string, Storage>[];

/** Where a part of a piece goes: which ranks' buffer of which weight, from which value on. */
type Place = {
  readonly weight: string;
  readonly ranks: readonly number[];
  readonly at: number;
  readonly piece: Piece;
  readonly cut: Cut;
  /** Of the piece, among all. */
  readonly index: number;
};

function placesOf(weights: readonly Weight[], plan: Plan): Place[] {
  let index = 0;
  return weights.flatMap((weight) => {
    const ends = new Array<number>(plan.ranks).fill(0);
    return weight.pieces.flatMap((piece, i) => {
      const places = new Map<string, Place & { ranks: number[] }>();
      for (let rank = 0; rank < plan.ranks; rank++) {
        const cut = cutOf(weight, i, plan, rank);
        if (!cut) continue;
        const at = ends[rank]!;
        ends[rank] = at + cut.rows * cut.cols;
        const key = `${at} ${cut.row} ${cut.col}`;
        const known = places.get(key);
        if (known) known.ranks.push(rank);
        else places.set(key, { weight: weight.name, ranks: [rank], at, piece, cut, index });
      }
      index++;
      return [...places.values()];
    });
  });
}

/** Bytes that may wait in the queue before the GPU is awaited, so that a model is never twice in memory. */
const QUEUED_BYTES = 64e6;

/**
 * Reads a checkpoint's tensors, one at a time, into the weights' buffers. Throws InputError when a file is cut short.
 */
export async function fillWeights(
  engines: readonly Engine[],
  weights: readonly Weight[],
  held: StorageOfRanks,
  plan: Plan,
  source: Extract<WeightSource, { kind: 'stored' }>,
  onProgress?: OnBytes,
  signal?: AbortSignal,
): Promise<void> {
  const places = new Map<string, Place[]>();
  for (const place of placesOf(weights, plan))
    places.set(place.piece.tensor, [...(places.get(place.piece.tensor) ?? []), place]);
  let queued = 0;
  let done = 0;
  for await (const tensor of untilAborted(source.tensors(), signal)) {
    const values = places.has(tensor.name) ? readFloats(tensor) : null;
    for (const { weight, ranks, at, piece, cut } of places.get(tensor.name) ?? []) {
      const own = cutFrom(pieceOf(values!, piece), matrixIn(piece).cols, cut);
      for (const rank of ranks) {
        engines[rank]!.gpu.device.queue.writeBuffer(held[rank]!.get(weight)!.buffer, BYTES_OF.f32 * at, own);
        queued += own.byteLength;
      }
      if (queued < QUEUED_BYTES) continue;
      await allDone(engines);
      queued = 0;
    }
    done += tensor.bytes.byteLength;
    onProgress?.(done, source.bytes);
  }
  await allDone(engines);
}

const allDone = (engines: readonly Engine[]): Promise<unknown> =>
  Promise.all([...new Set(engines)].map(({ gpu }) => gpu.device.queue.onSubmittedWorkDone()));

/** The same items; an abort ends a wait for the next one too. */
async function* untilAborted<T>(items: AsyncGenerator<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await unlessAborted(items.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Closes the files. Not waited for: it begins only when the item under way has come, which may never be.
    items.return(undefined).catch(() => {});
  }
}

function pieceOf(values: Float32Array<ArrayBuffer>, { shape, expert }: Piece): Float32Array<ArrayBuffer> {
  if (expert === null) return values;
  const [, rows = 0, cols = 0] = shape;
  const matrix = values.subarray(expert * rows * cols, (expert + 1) * rows * cols);
  const out = new Float32Array(rows * cols);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = matrix[r * cols + c]!;
  return out;
}

/** A part of a matrix of `cols` columns. */
function cutFrom(matrix: Float32Array<ArrayBuffer>, cols: number, cut: Cut): Float32Array<ArrayBuffer> {
  if (cut.cols === cols) return matrix.subarray(cut.row * cols, (cut.row + cut.rows) * cols);
  const out = new Float32Array(cut.rows * cut.cols);
  for (let r = 0; r < cut.rows; r++) {
    const from = (cut.row + r) * cols + cut.col;
    out.set(matrix.subarray(from, from + cut.cols), r * cut.cols);
  }
  return out;
}

/**
 * Draws an untrained model on the device: matrices normal, norms ones, biases zeros. The values depend on the seed
 * alone, not on the ranks.
 */
export async function drawWeights(
  engines: readonly Engine[],
  weights: readonly Weight[],
  held: StorageOfRanks,
  plan: Plan,
  { seed, deviation }: Extract<WeightSource, { kind: 'drawn' }>,
  onProgress?: OnBytes,
  signal?: AbortSignal,
): Promise<void> {
  await Promise.all(
    [...new Set(engines)].map(({ launcher }) => launcher.prepare([{ kernel: 'draw_normal', sizes: {} }])),
  );
  const places = placesOf(weights, plan);
  const kinds = new Map(weights.map(({ name, kind }) => [name, kind]));
  const total = places.reduce((sum, { cut }) => sum + cut.rows * cut.cols, 0);
  let done = 0;
  for (const { weight, ranks, at, piece, cut, index } of places) {
    signal?.throwIfAborted();
    const count = cut.rows * cut.cols;
    for (const rank of ranks) {
      const { gpu, launcher } = engines[rank]!;
      const { device } = gpu;
      const storage = held[rank]!.get(weight)!;
      if (kinds.get(weight) === 'vector')
        device.queue.writeBuffer(storage.buffer, BYTES_OF.f32 * at, new Float32Array(count).fill(1));
      if (kinds.get(weight) !== 'matrix') continue; // a new buffer holds zeros
      const { cols } = matrixIn(piece);
      const sizes: SizesOf<'draw_normal', number> = {
        rows: count,
        first: at,
        stream: (seed * 1_000_003 + index) >>> 0,
        cols,
        firstRow: cut.row,
        firstCol: cut.col,
        ownCols: cut.cols,
        scale: deviation ?? cols ** -0.5,
      };
      const launch = launcher.bind('draw_normal', sizes, [storage]);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      launcher.record(pass, launch);
      pass.end();
      device.queue.submit([encoder.finish()]);
      launcher.release(launch);
    }
    done += count;
    if (index % 64 === 0) {
      onProgress?.(BYTES_OF.f32 * done, BYTES_OF.f32 * total);
      await allDone(engines);
    }
  }
  await allDone(engines);
}
