import type { Gpu } from './device';

/** Bytes that were read, and what gives the memory that they lie in back. */
export type MappedBytes = { readonly parts: readonly Uint8Array[]; readonly release: () => void };

/** Ranges that are being read. */
type Held = { readonly map: () => Promise<MappedBytes>; readonly drop: () => void };

export type BufferRange = { readonly buffer: GPUBuffer; readonly offset: number; readonly bytes: number };

/** Copies from the GPU to the host through staging buffers that are kept and used again. */
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
  /**
   * As `record`, without a copy of its own: the bytes are the GPU's staging memory, until `release`. `drop` instead of
   * `map` where the commands are never submitted.
   */
  const hold = (encoder: GPUCommandEncoder, ranges: readonly BufferRange[]): Held => {
    const total = Math.max(
      4,
      ranges.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    const staging = take(total);
    let at = 0;
    for (const { buffer, offset, bytes } of ranges) {
      if (bytes > 0) encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
      at += bytes;
    }
    const map = async () => {
      await staging.mapAsync(GPUMapMode.READ, 0, total);
      const mapped = staging.getMappedRange(0, total);
      let from = 0;
      const parts = ranges.map(({ bytes }) => {
        from += bytes;
        return new Uint8Array(mapped, from - bytes, bytes);
      });
      const release = () => {
        staging.unmap();
        idle.push(staging);
      };
      return { parts, release };
    };
    return { map, drop: () => idle.push(staging) };
  };
  const record = (encoder: GPUCommandEncoder, ranges: readonly BufferRange[]): (() => Promise<ArrayBuffer[]>) => {
    const { map } = hold(encoder, ranges);
    return async () => {
      const { parts, release } = await map();
      const out = parts.map((part) => part.slice().buffer as ArrayBuffer);
      release();
      return out;
    };
  };
  return {
    hold,
    /**
     * Records copies of the ranges (offsets and lengths multiples of 4). Call the result right after submitting: it
     * settles with the ranges' bytes, in order, as soon as the GPU has come that far.
     */
    record,
    /** What the ranges hold once the GPU has done all that it was told so far. */
    read(ranges: readonly BufferRange[]): Promise<ArrayBuffer[]> {
      const encoder = gpu.device.createCommandEncoder();
      const map = record(encoder, ranges);
      gpu.device.queue.submit([encoder.finish()]);
      return map();
    },
    destroy(): void {
      for (const buffer of all) buffer.destroy();
      all.clear();
      idle.length = 0;
    },
  };
}
