import type { Gpu } from './device';
import type { BufferRange } from './readback';

const PASSES_A_SET = 2048; // a query set has at most 4096 queries, two a pass
/** Sets that one call resolves at most. */
const MOST_PIECES = 64;
/** As many passes as a run may have. */
export const MOST_PASSES = MOST_PIECES * PASSES_A_SET;
/** Where a pass that is read alone is resolved to, beside all others. */
const OWN_SLOT = MOST_PASSES * 16;

/** Pieces of a buffer that hold [begin, end] of the passes from `first` on. */
export type ResolvedPasses = { readonly first: number; readonly ranges: readonly BufferRange[] };

/** Timestamps at the start and the end of compute passes, in the order in which the passes were recorded. */
export type Timestamps = ReturnType<typeof createTimestamps>;

export function createTimestamps(gpu: Gpu) {
  const sets: GPUQuerySet[] = [];
  let resolved: GPUBuffer | null = null;
  let recorded = 0;
  let read = 0;
  /** Passes of one set. */
  const resolvePasses = (encoder: GPUCommandEncoder, first: number, count: number, offset: number): BufferRange => {
    resolved ??= gpu.device.createBuffer({
      size: OWN_SLOT + 256,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    encoder.resolveQuerySet(
      sets[Math.floor(first / PASSES_A_SET)]!,
      2 * (first % PASSES_A_SET),
      2 * count,
      resolved,
      offset,
    );
    return { buffer: resolved, offset, bytes: count * 16 };
  };
  return {
    /** Starts again at pass 0; only when no earlier pass is still to be read. */
    reset(): void {
      recorded = 0;
      read = 0;
    },
    /** Where the next pass writes its two timestamps. */
    next(): GPUComputePassTimestampWrites {
      const set = Math.floor(recorded / PASSES_A_SET);
      sets[set] ??= gpu.device.createQuerySet({ type: 'timestamp', count: 2 * PASSES_A_SET });
      const index = 2 * (recorded % PASSES_A_SET);
      recorded++;
      return { querySet: sets[set], beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 };
    },
    /**
     * Records the reading of all passes since the last call: [begin, end] in nanoseconds, 64 bits each, from pass
     * `first` on. The one resolve buffer may be written again at once, since the queue runs in order.
     */
    resolve(encoder: GPUCommandEncoder): ResolvedPasses {
      const first = read;
      const ranges: BufferRange[] = [];
      let offset = 0;
      while (read < recorded && ranges.length < MOST_PIECES) {
        const end = Math.min(recorded, (Math.floor(read / PASSES_A_SET) + 1) * PASSES_A_SET);
        ranges.push(resolvePasses(encoder, read, end - read, offset));
        offset += Math.ceil(((end - read) * 16) / 256) * 256;
        read = end;
      }
      return { first, ranges };
    },
    /** Records the reading of one pass alone, which `resolve` will read again. */
    resolveOne: (encoder: GPUCommandEncoder, pass: number): ResolvedPasses => ({
      first: pass,
      ranges: [resolvePasses(encoder, pass, 1, OWN_SLOT)],
    }),
    destroy(): void {
      for (const set of sets) set.destroy();
      resolved?.destroy();
    },
  };
}
