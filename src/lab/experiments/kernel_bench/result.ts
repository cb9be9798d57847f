import type { Frozen } from '../../../words/frozen';
import { z } from '../../../words/zod';

const number = z.number().nonnegative();
const text = z.string().max(1000);

/** A kernel at a shape: its times, ms, and its rate as a share of what this GPU does at most. */
const KernelRate = z.object({
  kernel: text,
  variant: text,
  /** Whether this variant is the one that runs here. */
  chosen: z.boolean(),
  shape: text,
  flops: number,
  bytes: number,
  /** How often a prefill of the model runs it; 1 without a model. */
  times: number,
  gpuMs: number.nullable(),
  wallMs: number,
  /** The least time by either ceiling ÷ the GPU's own (the wall's where it tells no time). */
  share: number,
});
export type KernelRate = Frozen<z.output<typeof KernelRate>>;

export const KernelBench = z.object({
  adapter: text,
  runtime: text,
  /** What this GPU does at most: multiply-adds in registers, and a copy within its memory. */
  ceilings: z.object({ tflops: number, gbps: number }),
  rates: z.array(KernelRate).max(1000),
});
export type KernelBench = Frozen<z.output<typeof KernelBench>>;

/** One that was measured elsewhere. */
export const RecordedBench = KernelBench.extend({ machine: text, date: text });
export type RecordedBench = Frozen<z.output<typeof RecordedBench>>;
