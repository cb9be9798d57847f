import type { Engine } from '../../../gpu/engine';
import { type Timing, timed } from '../../../gpu/timed';
import type { AnyVariant } from '../../../gpu/variants/variant';
import { BYTES_OF } from '../../../model/value_type';
import { bytesMoved, contractOf, KERNEL_NAMES } from '../../../program/kernels';
import type { Frozen } from '../../../words/frozen';
import { z } from '../../../words/zod';
import type { Experiment } from '../experiment';
import { type BenchCase, benchCases, flopsOfCase } from './bench_cases';
import { type Ceilings, measureCeilings } from './ceilings';

const KernelBenchSettings = z.object({
  /** Which kernels are timed; none: all that there are shapes of. */
  kernels: z.array(z.enum(KERNEL_NAMES as [string, ...string[]])),
  /** Shapes of more are left out, GFLOP: for slow GPUs. */
  mostGflop: z.number().positive(),
  /** Every variant that runs here, or only the one that is chosen. */
  variants: z.enum(['chosen', 'all']),
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
  /** The least time by either ceiling ÷ the GPU's own (the wall's where it tells no time). */
  readonly share: number;
};
export type KernelBench = { readonly ceilings: Ceilings; readonly rates: readonly KernelRate[] };

/** Times kernels at the shapes of models, and what the GPU does at most. */
export const kernelBenchExperiment: Experiment<KernelBenchSettings, KernelBench> = {
  settings: KernelBenchSettings,
  paths: [],
  async run({ engine, pause }, { kernels, mostGflop, variants }, emit, signal) {
    const { launcher } = engine;
    const tried = benchCases()
      .filter((each) => (kernels.length === 0 || kernels.includes(each.kernel)) && flopsOfCase(each) <= 1e9 * mostGflop)
      .flatMap((each) => {
        const chosen = launcher.variantFor(each.kernel, each.sizes);
        const all = variants === 'all' ? launcher.candidatesOf(each.kernel, each.sizes) : [chosen];
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

function rateOf(each: BenchCase, timing: Timing, { tflops, gbps }: Ceilings) {
  const { kernel, shape, sizes } = each;
  const flops = flopsOfCase(each);
  const { read, written } = bytesMoved(kernel, sizes);
  const bytes = read + written;
  const leastMs = Math.max(flops / tflops / 1e9, bytes / gbps / 1e6);
  return { ...timing, kernel, shape, flops, bytes, share: leastMs / (timing.gpuMs ?? timing.wallMs) };
}

/** Runs one case on drawn values. */
async function timeCase(engine: Engine, { kernel, sizes, integers }: BenchCase, variant: AnyVariant): Promise<Timing> {
  await engine.launcher.prepare([{ kernel: 'draw_normal', sizes: {} }]);
  await engine.launcher.compile([variant]);
  const pool = engine.createPool();
  const { inputs, outputs } = contractOf(kernel);
  const given = [...integers];
  const buffers = [
    ...inputs(sizes).map(({ type, count, rowsOf }) => {
      if (type === 'u32') return pool.hold(given.shift()!);
      const values = pool.reserve(Math.max(count, (rowsOf ?? 0) * (sizes.rows ?? sizes.pairs!)) * BYTES_OF.f32);
      draw(engine, values, values.bytes / BYTES_OF.f32);
      return values;
    }),
    ...outputs(sizes).map(({ count }) => pool.reserve(count * BYTES_OF.u32)),
  ];
  const launch = engine.launcher.bind(kernel, sizes, buffers, variant);
  try {
    return await timed(engine, (pass) => engine.launcher.record(pass, launch));
  } finally {
    engine.launcher.release(launch);
    pool.destroy();
  }
}

/** Fills a buffer with normal numbers. */
function draw(
  { gpu, launcher }: Engine,
  values: ReturnType<ReturnType<Engine['createPool']>['reserve']>,
  rows: number,
) {
  const sizes = { rows, first: 0, stream: 1, cols: rows, firstRow: 0, firstCol: 0, ownCols: rows, scale: 0.5 };
  const launch = launcher.bind('draw_normal', sizes, [values]);
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  launcher.record(pass, launch);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
  launcher.release(launch);
}
