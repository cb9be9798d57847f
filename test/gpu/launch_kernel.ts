import type { AnyVariant } from '../../src/gpu/variants/variant';
import type { Lab } from '../../src/lab/setup/lab';
import { BYTES_OF } from '../../src/model/value_type';
import type { Operand } from '../../src/program/contract';
import { contractOf, type KernelName, type NamedSizes, type SizesOf } from '../../src/program/kernels';

export type Data = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/**
 * A kernel on fresh random inputs of odd sizes: `run` answers the largest relative error of its outputs; Infinity when
 * integers differ.
 */
export type KernelCase = {
  readonly name: string;
  /** By the variant given; by the one that runs here where it is left out. */
  readonly run: (lab: Lab, variant?: AnyVariant) => Promise<number>;
  /** What it runs, where the kernel has several variants. */
  readonly call?: { readonly kernel: KernelName; readonly sizes: NamedSizes };
};

/** The largest error over all variants that this device can run a case by; with the one that has it. */
export async function worstOf(lab: Lab, { run, call }: KernelCase): Promise<{ error: number; variant: string }> {
  const variants = call ? lab.engine.launcher.allFor(call.kernel, call.sizes) : [undefined];
  let worst = { error: -1, variant: '' };
  for (const variant of variants) {
    const error = await run(lab, variant);
    // What is no number is worse than all.
    if (!(error <= worst.error)) worst = { error, variant: variant?.name ?? '' };
  }
  return worst;
}

export const POISON = 0x7fc0dead; // a NaN, so that an element left unwritten shows

/** Throws unless data and outputs, in words, are what the kernel's contract says. */
function checkOperands(
  kernel: KernelName,
  sizes: NamedSizes,
  inputs: readonly Data[],
  lengths: readonly number[],
): void {
  const contract = contractOf(kernel);
  const check = (operands: readonly Operand[], words: readonly number[]) => {
    const fits = ({ type, count, rowsOf }: Operand, length: number) => {
      const elements = (length * BYTES_OF.u32) / (type === 'word' ? BYTES_OF.u32 : BYTES_OF[type]);
      return rowsOf === null ? elements === count : elements >= Math.min(count, rowsOf);
    };
    if (operands.length !== words.length || !operands.every((operand, i) => fits(operand, words[i]!)))
      throw new Error(`${kernel} is bound to ${words} words, but its contract says ${JSON.stringify(operands)}`);
  };
  check(
    contract.inputs(sizes),
    inputs.map((data) => data.length),
  );
  check(contract.outputs(sizes), lengths);
}

/** Runs one kernel over poisoned outputs of the lengths given; they come back as uint32, as they are. */
export const launch = <K extends KernelName>(
  lab: Lab,
  kernel: K,
  sizes: SizesOf<K, number>,
  inputs: readonly Data[],
  lengths: readonly number[],
  variant?: AnyVariant,
): Promise<Uint32Array[]> =>
  update(
    lab,
    kernel,
    sizes,
    inputs,
    lengths.map((length) => new Uint32Array(length).fill(POISON)),
    variant,
  );

/** Runs one kernel whose outputs hold something already. */
export async function update<K extends KernelName>(
  lab: Lab,
  kernel: K,
  sizes: SizesOf<K, number>,
  inputs: readonly Data[],
  held: readonly Data[],
  variant: AnyVariant = lab.engine.launcher.variantFor(kernel, sizes),
): Promise<Uint32Array[]> {
  const lengths = held.map(({ length }) => length);
  checkOperands(kernel, sizes, inputs, lengths);
  const { engine } = lab;
  const { device } = engine.gpu;
  const pool = engine.createPool();
  await engine.launcher.compile([variant]);
  const buffers = [...inputs, ...held].map((data) => pool.hold(data));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  engine.launcher.record(pass, engine.launcher.bind(kernel, sizes, buffers, variant));
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

export const floats = (bits: Uint32Array) => new Float32Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length);
export const random = (length: number) => Float32Array.from({ length }, () => 2 * Math.random() - 1);
export const below = (n: number) => Math.floor(Math.random() * n);
export const integers = (length: number, n: number) => Uint32Array.from({ length }, () => below(n));
export const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((x, i) => x === b[i]) ? 0 : Number.POSITIVE_INFINITY;
