import type { KernelBench, KernelRate, RecordedBench } from '../../lab/experiments/kernel_bench/result';
import { browserOf } from '../text/format';

/** A kernel at a shape: its rate here, that of a recorded GPU, and the first ÷ the other; null where one is missing. */
export type SpeedRow = {
  readonly kernel: string;
  readonly shape: string;
  readonly here: KernelRate | null;
  readonly recorded: KernelRate | null;
  readonly ratio: number | null;
};

const msOf = ({ gpuMs, wallMs }: KernelRate): number => gpuMs ?? wallMs;
export const tflopsOf = (rate: KernelRate): number => rate.flops / msOf(rate) / 1e9;
export const gbpsOf = (rate: KernelRate): number => rate.bytes / msOf(rate) / 1e6;

export const threeDigits = (value: number): string => String(Number(value.toPrecision(3)));

/** All shapes of the recorded bench in its order, with what was measured here so far. */
export function speedRows(here: KernelBench | null, recorded: RecordedBench): SpeedRow[] {
  const keyOf = ({ kernel, shape }: KernelRate) => `${kernel} ${shape}`;
  const own = new Map(here?.rates.map((rate) => [keyOf(rate), rate]));
  return recorded.rates.map((rate) => {
    const mine = own.get(keyOf(rate)) ?? null;
    return {
      kernel: rate.kernel,
      shape: rate.shape,
      here: mine,
      recorded: rate,
      ratio: mine && msOf(rate) / msOf(mine),
    };
  });
}

/** Operations a byte, and TFLOP/s: what a roofline chart is of. Kernels without operations are not on it. */
export const rooflinePoints = ({ rates }: KernelBench) =>
  rates
    .filter(({ flops, bytes }) => flops > 0 && bytes > 0)
    .map((rate) => ({ name: `${rate.kernel} ${rate.shape}`, x: rate.flops / rate.bytes, y: tflopsOf(rate) }));

/** The roof at some operations a byte: by the memory, or by the multiply-adds. */
export const roofAt = ({ ceilings: { tflops, gbps } }: KernelBench, x: number): number =>
  Math.min(tflops, (gbps * x) / 1000);

/** A line that says what this GPU does. */
export function shareLine({ adapter, runtime, ceilings, rates }: KernelBench): string {
  const products = rates.filter(({ kernel }) => kernel === 'gemm').map(tflopsOf);
  const best = products.length > 0 ? `${threeDigits(Math.max(...products))} TFLOP/s in f32 matrix products, ` : '';
  const most = `${threeDigits(ceilings.tflops)} TFLOP/s and ${threeDigits(ceilings.gbps)} GB/s at most`;
  return `WebGPU on ${adapter}, ${browserOf(runtime)}: ${best}${most} (FarSkip Lab)`;
}
