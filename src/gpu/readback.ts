import type { Gpu } from './device';

export type Piece = { readonly buffer: GPUBuffer; readonly offset: number; readonly bytes: number };

/** Copies from the GPU to the host through staging buffers that are kept and used again. */
export type Readback = ReturnType<typeof createReadback>;

export function createReadback(gpu: Gpu) {
  const idle: GPUBuffer[] = [];
  const all = new Set<GPUBuffer>();
  const take = (bytes: number): GPUBuffer => {
    const fit = idle.findIndex((buffer) => buffer.size >= bytes && buffer.size <= 4 * Math.max(bytes, 4096));
    if (fit >= 0) return idle.splice(fit, 1)[0]!;
    const buffer = gpu.device.createBuffer({
      size: 2 ** Math.max(8, Math.ceil(Math.log2(Math.max(1, bytes)))),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    all.add(buffer);
    return buffer;
  };
  return {
    /**
     * Records copies of the pieces (offsets and lengths multiples of 4). Call the result right after submitting: it
     * settles with the pieces' bytes, in order, as soon as the GPU has come that far.
     */
    record(encoder: GPUCommandEncoder, pieces: readonly Piece[]): () => Promise<ArrayBuffer[]> {
      const total = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
      const staging = take(total);
      let at = 0;
      for (const { buffer, offset, bytes } of pieces) {
        if (bytes > 0) encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
        at += bytes;
      }
      return async () => {
        await staging.mapAsync(GPUMapMode.READ, 0, Math.max(4, total));
        const mapped = staging.getMappedRange(0, Math.max(4, total));
        let from = 0;
        const out = pieces.map(({ bytes }) => {
          const part = mapped.slice(from, from + bytes);
          from += bytes;
          return part;
        });
        staging.unmap();
        idle.push(staging);
        return out;
      };
    },
    destroy(): void {
      for (const buffer of all) buffer.destroy();
      all.clear();
      idle.length = 0;
    },
  };
}
