import type { Lab } from '../../src/lab/lab';
import { KERNEL_SIZES, type KernelName, type SizesOf } from '../../src/program/program';

export type Data = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A kernel on fresh random inputs of odd sizes: `run` answers the largest relative error of its outputs; Infinity when integers differ. */
export type KernelCase = { readonly name: string; readonly run: (lab: Lab) => Promise<number> };

export const POISON = 0x7fc0dead; // a NaN, so that an element left unwritten shows

/** Runs one kernel over poisoned outputs of the lengths given; they come back as uint32, as they are. */
export async function launch<K extends KernelName>(
  lab: Lab,
  kernel: K,
  sizes: SizesOf<K, number>,
  inputs: readonly Data[],
  lengths: readonly number[],
): Promise<Uint32Array[]> {
  const { engine } = lab;
  const { device } = engine.gpu;
  const pool = engine.createPool();
  await engine.launcher.prepare([kernel]);
  const buffers = [...inputs, ...lengths.map((length) => new Uint32Array(Math.max(4, length)).fill(POISON))].map((data) => pool.hold(data));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  engine.launcher.record(
    pass,
    engine.launcher.bind(
      kernel,
      KERNEL_SIZES[kernel].map((size) => (sizes as Readonly<Record<string, number>>)[size]!),
      buffers,
    ),
  );
  pass.end();
  const map = engine.readback.record(
    encoder,
    lengths.map((length, i) => ({ buffer: buffers[inputs.length + i]!.buffer, offset: 0, bytes: 4 * length })),
  );
  device.queue.submit([encoder.finish()]);
  const outputs = (await map()).map((bytes) => new Uint32Array(bytes));
  pool.destroy();
  return outputs;
}

export const floats = (bits: Uint32Array) => new Float32Array(bits.buffer, bits.byteOffset, bits.length);
export const random = (length: number) => Float32Array.from({ length }, () => 2 * Math.random() - 1);
export const below = (n: number) => Math.floor(Math.random() * n);
export const integers = (length: number, n: number) => Uint32Array.from({ length }, () => below(n));
export const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((x, i) => x === b[i]) ? 0 : Number.POSITIVE_INFINITY;
