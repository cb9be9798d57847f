import type { Gpu } from './device';
import type { Piece } from './readback';

const PASSES_A_SET = 2048; // a query set has at most 4096 queries, two a pass

/** Timestamps at the start and the end of compute passes, in the order in which the passes were recorded. */
export type Timestamps = ReturnType<typeof createTimestamps>;

export function createTimestamps(gpu: Gpu) {
  const sets: GPUQuerySet[] = [];
  let resolved: GPUBuffer | null = null;
  let recorded = 0;
  let read = 0;
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
    resolve(encoder: GPUCommandEncoder): { readonly first: number; readonly pieces: Piece[] } {
      const first = read;
      resolved ??= gpu.device.createBuffer({
        size: 2 * PASSES_A_SET * 8 * 2,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      });
      const pieces: Piece[] = [];
      let offset = 0;
      while (read < recorded && pieces.length < 2) {
        const set = Math.floor(read / PASSES_A_SET);
        const end = Math.min(recorded, (set + 1) * PASSES_A_SET);
        const count = end - read;
        encoder.resolveQuerySet(sets[set]!, 2 * (read % PASSES_A_SET), 2 * count, resolved, offset);
        pieces.push({ buffer: resolved, offset, bytes: count * 16 });
        offset += Math.ceil((count * 16) / 256) * 256;
        read = end;
      }
      return { first, pieces };
    },
    destroy(): void {
      for (const set of sets) set.destroy();
      resolved?.destroy();
    },
  };
}
