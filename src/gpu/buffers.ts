import { phrase } from '../words/phrase';
import { bindableBytes, type Gpu, GpuUnavailable } from './device';
import { createReuse } from './reuse';

/** A storage buffer; `id` orders the buffers of a device by age, `bytes` is what it can hold. */
export type Storage = { readonly id: number; readonly buffer: GPUBuffer; readonly bytes: number };

/** Storage buffers of one owner, reused by size class so that repeated runs allocate nothing. */
export type BufferPool = ReturnType<typeof createBufferPool>;

/**
 * `newId` numbers the buffers of one device. Taking throws GpuUnavailable when a buffer exceeds what the device can
 * bind.
 */
export function createBufferPool(gpu: Gpu, newId: () => number) {
  const limit = bindableBytes(gpu.device);
  const all = new Set<Storage>();
  const allocate = (bytes: number): Storage => {
    if (bytes > limit)
      throw new GpuUnavailable(
        'limits',
        phrase`A buffer of ${bytes} bytes is needed, but this GPU binds at most ${limit}; use fewer tokens or more devices.`,
      );
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const storage = { id: newId(), buffer: gpu.device.createBuffer({ size: bytes, usage }), bytes };
    all.add(storage);
    return storage;
  };
  const { take, give, clear } = createReuse(limit, allocate);
  return {
    take,
    give,
    /** A buffer of zeros that is kept until the pool is destroyed, or dropped. */
    reserve: (bytes: number): Storage => allocate(Math.max(16, bytes)),
    drop(storage: Storage): void {
      all.delete(storage);
      storage.buffer.destroy();
    },
    /** A buffer that holds `data` and is kept until the pool is destroyed. */
    hold(data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): Storage {
      const storage = allocate(Math.max(16, data.byteLength));
      gpu.device.queue.writeBuffer(storage.buffer, 0, data);
      return storage;
    },
    heldBytes: (): number => [...all].reduce((sum, storage) => sum + storage.bytes, 0),
    destroy(): void {
      for (const storage of all) storage.buffer.destroy();
      all.clear();
      clear();
    },
  };
}
