import type { Gpu } from './device';

/**
 * Bytes of the host into a buffer, in the queue's order: recorded now, carried out when what was recorded is submitted.
 */
export type HostWriter = {
  /** Offset and length are multiples of 4; the bytes may change once this returns. */
  readonly write: (encoder: GPUCommandEncoder, target: GPUBuffer, offset: number, bytes: Uint8Array) => void;
  /** To be called before and after each submit of what was recorded. */
  readonly submitting: () => void;
  readonly submitted: () => void;
  readonly destroy: () => void;
};

/** Ways for bytes to reach a GPU; `lab bench` compares them. */
export type HostWrite = 'writeBuffer' | 'mapped at creation' | 'kept mapped';

export const HOST_WRITES: { readonly [W in HostWrite]: (gpu: Gpu) => HostWriter } = {
  /**
   * The queue's own way. It comes before what is recorded but not yet submitted, so it must not touch what that still
   * reads.
   */
  writeBuffer: ({ device }) => ({
    write: (_, target, offset, bytes) => device.queue.writeBuffer(target, offset, bytes as Uint8Array<ArrayBuffer>),
    submitting: () => {},
    submitted: () => {},
    destroy: () => {},
  }),
  /** A new staging buffer each time, mapped from the start. */
  'mapped at creation': ({ device }) => {
    const used: GPUBuffer[] = [];
    return {
      write(encoder, target, offset, bytes) {
        const staging = device.createBuffer({
          size: bytes.byteLength,
          usage: GPUBufferUsage.COPY_SRC,
          mappedAtCreation: true,
        });
        fill(staging, bytes);
        encoder.copyBufferToBuffer(staging, 0, target, offset, bytes.byteLength);
        used.push(staging);
      },
      submitting: () => {},
      submitted: () => {
        for (const staging of used.splice(0)) staging.destroy();
      },
      destroy: () => {},
    };
  },
  /**
   * Staging buffers that are mapped again as soon as the GPU has read them, so that one lies ready when bytes come; all
   * that goes with one submit shares them, since giving one to the GPU and back takes some tenths of a millisecond
   * whatever it holds.
   */
  'kept mapped': ({ device }) => {
    const all = new Set<GPUBuffer>();
    const mapped: GPUBuffer[] = [];
    const used: GPUBuffer[] = [];
    let open: { staging: GPUBuffer; range: Uint8Array; filled: number } | null = null;
    const take = (): GPUBuffer => {
      const ready = mapped.pop();
      if (ready) return ready;
      const staging = device.createBuffer({
        size: STAGING_BYTES,
        usage: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC,
        mappedAtCreation: true,
      });
      all.add(staging);
      return staging;
    };
    const close = () => {
      if (!open) return;
      open.staging.unmap();
      used.push(open.staging);
      open = null;
    };
    return {
      write(encoder, target, offset, bytes) {
        for (let done = 0; done < bytes.byteLength; ) {
          if (!open) {
            const staging = take();
            open = { staging, range: new Uint8Array(staging.getMappedRange()), filled: 0 };
          }
          const { staging, range, filled } = open;
          const part = bytes.subarray(done, done + STAGING_BYTES - filled);
          range.set(part, filled);
          encoder.copyBufferToBuffer(staging, filled, target, offset + done, part.byteLength);
          done += part.byteLength;
          open.filled += part.byteLength;
          if (open.filled === STAGING_BYTES) close();
        }
      },
      submitting: close,
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

const STAGING_BYTES = 2 ** 21;

function fill(staging: GPUBuffer, bytes: Uint8Array): void {
  new Uint8Array(staging.getMappedRange(0, bytes.byteLength)).set(bytes);
  staging.unmap();
}
