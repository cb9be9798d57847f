import type { Engine } from '../../../gpu/engine';
import { scratchFor } from '../../../gpu/scratch';
import { type Timing, timed } from '../../../gpu/timed';
import type { AnyVariant } from '../../../gpu/variants/variant';
import { bytesMoved, KERNEL_NAMES } from '../../../program/kernels';
import type { Frozen } from '../../../words/frozen';
import { z } from '../../../words/zod';
import { findModel } from '../../setup/find_model';
import type { Lab } from '../../setup/lab';
import type { Experiment } from '../experiment';
import { type BenchCase, benchCases, flopsOfCase } from './bench_cases';
import { type Ceilings, measureCeilings } from './ceilings';
import { modelCases } from './model_cases';

const KernelBenchSettings = z.object({
  /** Which kernels are timed; none: all that there are shapes of. */
  kernels: z.array(z.enum(KERNEL_NAMES as [string, ...string[]])),
  /** Shapes of more are left out, GFLOP: for slow GPUs. */
  mostGflop: z.number().positive(),
  /** Every variant that runs here, or only the one that is chosen. */
  variants: z.enum(['chosen', 'all']),
  /** The shapes of a prefill of a model instead, on one device. */
  model: z.object({ id: z.string(), tokens: z.number().int().positive() }).nullable(),
});
export type KernelBenchSettings = Frozen<z.output<typeof KernelBenchSettings>>;

/** A kernel at a shape: its times, and its rate as a share of what this GPU does at most. */
export type KernelRate = Timing & {
  readonly kernel: string;
  readonly variant: string;
  /** Whether this variant is the one that runs here. */
  readonly chosen: boolean;
  readonly shape: string;
  readonly flops: number;
  readonly bytes: number;
  /** How often a prefill of the model runs it; 1 without a model. */
  readonly times: number;
  /** The least time by either ceiling ÷ the GPU's own (the wall's where it tells no time). */
  readonly share: number;
};
export type KernelBench = { readonly ceilings: Ceilings; readonly rates: readonly KernelRate[] };

/** Times kernels at the shapes of models, and what the GPU does at most. */
export const kernelBenchExperiment: Experiment<KernelBenchSettings, KernelBench> = {
  settings: KernelBenchSettings,
  paths: [],
  async run(lab, { kernels, mostGflop, variants, model }, emit, signal) {
    const { engine, pause } = lab;
    const { launcher } = engine;
    const tried = (await casesOf(lab, model))
      .filter((each) => (kernels.length === 0 || kernels.includes(each.kernel)) && flopsOfCase(each) <= 1e9 * mostGflop)
      .flatMap((each) => {
        const chosen = launcher.variantFor(each.kernel, each.sizes);
        const all = variants === 'all' ? launcher.allFor(each.kernel, each.sizes) : [chosen];
        return all.map((variant) => ({ each, variant, chosen: variant === chosen }));
      });
    const ceilings = await pause.during(measureCeilings(engine));
    const rates: KernelRate[] = [];
    for (const { each, variant, chosen } of tried) {
      signal?.throwIfAborted();
      const timing = await pause.during(timeCase(engine, each, variant));
      rates.push({ ...rateOf(each, timing, ceilings), variant: variant.name, chosen });
      emit({ kind: 'progress', doing: { phase: 'working' }, done: rates.length, total: tried.length, part: null });
    }
    return { ceilings, rates };
  },
};

/** The shapes of a model, or those of models in general. */
async function casesOf(lab: Lab, model: KernelBenchSettings['model']): Promise<(BenchCase & { times: number })[]> {
  if (!model) return benchCases().map((each) => ({ ...each, times: 1 }));
  const checkpoint = await (await findModel(lab, model.id, false)).checkpointOf('regular');
  return modelCases(checkpoint.spec, model.tokens);
}

function rateOf(each: BenchCase & { readonly times: number }, timing: Timing, { tflops, gbps }: Ceilings) {
  const { kernel, shape, sizes, times } = each;
  const flops = flopsOfCase(each);
  const { read, written } = bytesMoved(kernel, sizes);
  const bytes = read + written;
  const leastMs = Math.max(flops / tflops / 1e9, bytes / gbps / 1e6);
  return { ...timing, kernel, shape, flops, bytes, times, share: leastMs / (timing.gpuMs ?? timing.wallMs) };
}

/** Runs one case on drawn values. */
async function timeCase(engine: Engine, { kernel, sizes, integers }: BenchCase, variant: AnyVariant): Promise<Timing> {
  await engine.launcher.compile([variant]);
  const pool = engine.createPool();
  const launch = engine.launcher.bind(kernel, sizes, await scratchFor(engine, pool, kernel, sizes, integers), variant);
  try {
    return await timed(engine, (pass) => engine.launcher.record(pass, launch));
  } finally {
    engine.launcher.release(launch);
    pool.destroy();
  }
}
