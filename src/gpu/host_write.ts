import type { Gpu } from './device';

/** Bytes of the host into a buffer, in the queue's order: recorded now, carried out when what was recorded is submitted. */
export type HostWriter = {
  /** Offset and length are multiples of 4; the bytes may change once this returns. */
  readonly write: (encoder: GPUCommandEncoder, target: GPUBuffer, offset: number, bytes: Uint8Array) => void;
  /** To be called after each submit of what was recorded. */
  readonly submitted: () => void;
  readonly destroy: () => void;
};

/** Ways for bytes to reach a GPU; `lab bench` compares them. */
export type HostWrite = 'writeBuffer' | 'mapped at creation' | 'kept mapped';

export const HOST_WRITES: { readonly [W in HostWrite]: (gpu: Gpu) => HostWriter } = {
  /** The queue's own way. It comes before what is recorded but not yet submitted, so it must not touch what that still reads. */
  writeBuffer: ({ device }) => ({
    write: (_, target, offset, bytes) => device.queue.writeBuffer(target, offset, bytes as Uint8Array<ArrayBuffer>),
    submitted: () => {},
    destroy: () => {},
  }),
  /** A new staging buffer each time, mapped from the start. */
  'mapped at creation': ({ device }) => {
    const used: GPUBuffer[] = [];
    return {
      write(encoder, target, offset, bytes) {
        const staging = device.createBuffer({ size: bytes.byteLength, usage: GPUBufferUsage.COPY_SRC, mappedAtCreation: true });
        fill(staging, bytes);
        encoder.copyBufferToBuffer(staging, 0, target, offset, bytes.byteLength);
        used.push(staging);
      },
      submitted: () => {
        for (const staging of used.splice(0)) staging.destroy();
      },
      destroy: () => {},
    };
  },
  /** Staging buffers that are mapped again as soon as the GPU has read them, so that one lies ready when bytes come. */
  'kept mapped': ({ device }) => {
    const all = new Set<GPUBuffer>();
    const mapped: GPUBuffer[] = [];
    const used: GPUBuffer[] = [];
    const take = (bytes: number): GPUBuffer => {
      const fit = mapped.findIndex(({ size }) => size >= bytes && size <= 4 * Math.max(bytes, 4096));
      if (fit >= 0) return mapped.splice(fit, 1)[0]!;
      const staging = device.createBuffer({
        size: 2 ** Math.ceil(Math.log2(Math.max(256, bytes))),
        usage: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC,
        mappedAtCreation: true,
      });
      all.add(staging);
      return staging;
    };
    return {
      write(encoder, target, offset, bytes) {
        const staging = take(bytes.byteLength);
        fill(staging, bytes);
        encoder.copyBufferToBuffer(staging, 0, target, offset, bytes.byteLength);
        used.push(staging);
      },
      submitted() {
        for (const staging of used.splice(0))
          staging.mapAsync(GPUMapMode.WRITE).then(
            () => mapped.push(staging),
            // Rejects when the buffer is destroyed or the device lost, which others tell.
            () => {},
          );
      },
      destroy() {
        for (const staging of all) staging.destroy();
      },
    };
  },
};

function fill(staging: GPUBuffer, bytes: Uint8Array): void {
  new Uint8Array(staging.getMappedRange(0, bytes.byteLength)).set(bytes);
  staging.unmap();
}
