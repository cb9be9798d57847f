import { jax } from './jax';
import type { Library, Shape } from './library';
import { onnxruntime } from './ort';
import { ours } from './ours';
import { tfjs } from './tfjs';

const OTHERS = { tfjs, ort: onnxruntime, jax } as const;

/** A library at a shape: the median of its samples by the host's clock, ms a product, and how far off its values are. */
export type Against = Shape & { readonly library: string; readonly wallMs: number; readonly error: number };

const SAMPLES = 5;
const SAMPLE_MS = 60;
const WARM_MS = 300;

declare global {
  interface Window {
    runAgainst: (others: readonly (keyof typeof OTHERS)[], shapes: readonly Shape[]) => Promise<Against[]>;
  }
}

window.runAgainst = async (others, shapes) => {
  const libraries: Library[] = [await ours()];
  for (const other of others) libraries.push(await OTHERS[other]());
  const results: Against[] = [];
  for (const shape of shapes) results.push(...(await timeShape(libraries, shape)));
  return results;
};

/** All libraries in turn, sample by sample, so that none has the GPU at another speed. */
async function timeShape(libraries: readonly Library[], shape: Shape): Promise<Against[]> {
  const x = drawn(shape.rows * shape.inner);
  const weight = drawn(shape.cols * shape.inner);
  const products = [];
  for (const library of libraries) products.push(await library.prepare(shape, x, weight));
  const errors: number[] = [];
  const counts: number[] = [];
  for (const product of products) {
    errors.push(errorOf(shape, x, weight, await product.values()));
    counts.push(await timesFor(product.run));
  }
  const samples: number[][] = products.map(() => []);
  for (let sample = 0; sample < SAMPLES; sample++)
    for (const [i, product] of products.entries()) {
      // What ran before it may have let the GPU rest.
      await product.run(counts[i]!);
      samples[i]!.push((await msOf(() => product.run(counts[i]!))) / counts[i]!);
    }
  for (const product of products) product.destroy();
  return libraries.map(({ name }, i) => ({
    ...shape,
    library: name,
    wallMs: samples[i]!.sort((a, b) => a - b)[SAMPLES >> 1]!,
    error: errors[i]!,
  }));
}

/** How many products take about as long as a sample, once the GPU is warm. */
async function timesFor(run: (times: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  let times = 1;
  while (performance.now() - start < WARM_MS) {
    const ms = await msOf(() => run(times));
    times = Math.max(1, Math.min(500, Math.round((times * SAMPLE_MS) / ms)));
  }
  return times;
}

async function msOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const drawn = (length: number) => Float32Array.from({ length }, () => 2 * Math.random() - 1);

/** Relative error of some of the values against sums in float64. */
function errorOf({ rows, inner, cols }: Shape, x: Float32Array, weight: Float32Array, out: Float32Array): number {
  let off = 0;
  let all = 0;
  for (let n = 0; n < 200; n++) {
    const [row, col] = [Math.floor(Math.random() * rows), Math.floor(Math.random() * cols)];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += x[row * inner + k]! * weight[col * inner + k]!;
    off += (out[row * cols + col]! - sum) ** 2;
    all += sum ** 2;
  }
  return Math.sqrt(off / all);
}
