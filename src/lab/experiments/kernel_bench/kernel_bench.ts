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
import type { KernelBench, KernelRate } from './result';

const KernelBenchSettings = z.object({
  /** Which kernels are timed; none: all that there are shapes of. */
  kernels: z.array(z.enum(KERNEL_NAMES as [string, ...string[]])),
  /** Shapes of more are left out, GFLOP: for slow GPUs. */
  mostGflop: z.number().positive(),
  /** Shapes are left out that would take longer than that even at the ceilings, ms. */
  mostMs: z.number().positive(),
  /** Every variant that runs here, or only the one that is chosen. */
  variants: z.enum(['chosen', 'all']),
  /** The shapes of a prefill of a model instead, on one device. */
  model: z.object({ id: z.string(), tokens: z.number().int().positive() }).nullable(),
});
export type KernelBenchSettings = Frozen<z.output<typeof KernelBenchSettings>>;

/** Times kernels at the shapes of models, and what the GPU does at most. */
export const kernelBenchExperiment: Experiment<KernelBenchSettings, KernelBench> = {
  settings: KernelBenchSettings,
  paths: [],
  async run(lab, { kernels, mostGflop, mostMs, variants, model }, emit, signal) {
    const { engine, pause } = lab;
    const { launcher } = engine;
    const ceilings = await pause.during(measureCeilings(engine));
    const tried = (await casesOf(lab, model))
      .filter((each) => (kernels.length === 0 || kernels.includes(each.kernel)) && flopsOfCase(each) <= 1e9 * mostGflop)
      .filter((each) => leastMsOf(each, ceilings) <= mostMs)
      .flatMap((each) => {
        const chosen = launcher.variantFor(each.kernel, each.sizes);
        const all = variants === 'all' ? launcher.allFor(each.kernel, each.sizes) : [chosen];
        return all.map((variant) => ({ each, variant, chosen: variant === chosen }));
      });
    const rates: KernelRate[] = [];
    for (const { each, variant, chosen } of tried) {
      signal?.throwIfAborted();
      const timing = await pause.during(timeCase(engine, each, variant));
      rates.push({ ...rateOf(each, timing, ceilings), variant: variant.name, chosen });
      emit({ kind: 'progress', doing: { phase: 'working' }, done: rates.length, total: tried.length, part: null });
    }
    return { adapter: engine.gpu.description, runtime: lab.runtime, ceilings, rates };
  },
};

/** The shapes of a model, or those of models in general. */
async function casesOf(lab: Lab, model: KernelBenchSettings['model']): Promise<(BenchCase & { times: number })[]> {
  if (!model) return benchCases().map((each) => ({ ...each, times: 1 }));
  const checkpoint = await (await findModel(lab, model.id, false)).checkpointOf('regular');
  return modelCases(checkpoint.spec, model.tokens);
}

function bytesOfCase({ kernel, sizes }: BenchCase): number {
  const { read, written } = bytesMoved(kernel, sizes);
  return read + written;
}

/** What a case takes at least, by either ceiling. */
const leastMsOf = (each: BenchCase, { tflops, gbps }: Ceilings): number =>
  Math.max(flopsOfCase(each) / tflops / 1e9, bytesOfCase(each) / gbps / 1e6);

function rateOf(each: BenchCase & { readonly times: number }, timing: Timing, ceilings: Ceilings) {
  const { kernel, shape, times } = each;
  const share = leastMsOf(each, ceilings) / (timing.gpuMs ?? timing.wallMs);
  return { ...timing, kernel, shape, flops: flopsOfCase(each), bytes: bytesOfCase(each), times, share };
}

/** Runs one case on drawn values. */
export async function timeCase(
  engine: Engine,
  { kernel, sizes, integers }: BenchCase,
  variant: AnyVariant,
): Promise<Timing> {
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
