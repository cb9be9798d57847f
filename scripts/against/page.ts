import { jax } from './jax';
import type { Library, Product, Shape, Values } from './library';
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

/** A way of a library: its samples, ms a product, each of so many. */
type Way = {
  readonly name: string;
  readonly product: Product;
  readonly error: number;
  readonly times: number;
  readonly samples: number[];
};

/** All libraries in turn, sample by sample, so that none has the GPU at another speed; of each its quickest way. */
async function timeShape(libraries: readonly Library[], shape: Shape): Promise<Against[]> {
  const x = drawn(shape.rows * shape.inner);
  const weight = drawn(shape.cols * shape.inner);
  const turned = transposed(weight, shape);
  const ways: Way[] = [];
  for (const { name, prepare } of libraries)
    for (const product of await prepare(shape, x, weight, turned)) {
      const error = errorOf(shape, x, weight, await product.values());
      ways.push({ name, product, error, times: await timesFor(product.run), samples: [] });
    }
  for (let sample = 0; sample < SAMPLES; sample++)
    for (const { product, times, samples } of ways) {
      // What ran before it may have let the GPU rest.
      await product.run(times);
      samples.push((await msOf(() => product.run(times))) / times);
    }
  for (const { product } of ways) product.destroy();
  return libraries.map(({ name }) => {
    const own = ways
      .filter((way) => way.name === name)
      .map(({ samples, error }) => ({ wallMs: samples.sort((a, b) => a - b)[SAMPLES >> 1]!, error }));
    return { ...shape, library: name, ...own.sort((a, b) => a.wallMs - b.wallMs)[0]! };
  });
}

/** A weight [cols, inner] as [inner, cols]. */
function transposed(weight: Values, { inner, cols }: Shape): Values {
  const turned = new Float32Array(weight.length);
  for (let col = 0; col < cols; col++)
    for (let k = 0; k < inner; k++) turned[k * cols + col] = weight[col * inner + k]!;
  return turned;
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
