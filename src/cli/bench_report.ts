import type { TransferRate } from '../lab/experiments/bench';
import type { HostCost } from '../lab/experiments/host_bench';
import type { KernelBench, KernelRate } from '../lab/experiments/kernel_bench/result';
import type { AgainstRate } from './against';
import type { FrameRate, PageRate } from './page_bench';
import { table } from './table';

/** Kernels by what they took, by the GPU's timestamps and by the host's clock; in brackets what does not run here. */
export function kernelRateTable({ ceilings, rates }: KernelBench): string {
  const rows = rates.map(({ variant, chosen, shape, flops, bytes, gpuMs, wallMs, share }) => {
    const rate = (ms: number) => [(flops / ms / 1e9).toPrecision(3), (bytes / ms / 1e6).toPrecision(4)];
    return [
      chosen ? variant : `(${variant})`,
      shape,
      gpuMs === null ? '-' : gpuMs.toFixed(4),
      ...(gpuMs === null ? ['-', '-'] : rate(gpuMs)),
      wallMs.toFixed(4),
      ...rate(wallMs),
      share.toFixed(3),
    ];
  });
  const headings = ['kernel', 'shape', 'GPU ms', 'TFLOP/s', 'GB/s', 'wall ms', 'TFLOP/s', 'GB/s', 'of the ceiling'];
  const atMost = `at most: ${ceilings.tflops.toPrecision(3)} TFLOP/s, ${ceilings.gbps.toPrecision(4)} GB/s`;
  return [table(headings, rows), atMost, ...(rates.some(({ times }) => times > 1) ? [wholeOf(rates)] : [])].join('\n');
}

/** What a prefill of a model would take of its products alone, at the rates of each. */
function wholeOf(rates: readonly KernelRate[]): string {
  const products = rates.filter(({ kernel, chosen }) => chosen && kernel !== 'attention');
  const sum = (of: (rate: KernelRate) => number) => products.reduce((all, rate) => all + rate.times * of(rate), 0);
  const [flops, ms] = [sum((rate) => rate.flops), sum(({ gpuMs, wallMs }) => gpuMs ?? wallMs)];
  return `all products of a prefill: ${(flops / 1e9).toFixed(0)} GFLOP, ${ms.toFixed(2)} ms, ${(flops / ms / 1e9).toPrecision(3)} TFLOP/s`;
}

/** What the host's work costs, µs. */
export function hostTable(costs: readonly HostCost[]): string {
  const cell = (us: number | null) => (us === null ? '-' : us.toFixed(1));
  return table(
    ['µs each', 'of the thread', 'until done', 'of the GPU'],
    costs.map(({ what, threadUs, wallUs, gpuUs }) => [what, cell(threadUs), cell(wallUs), cell(gpuUs)]),
  );
}

/** Matrix products by library: a row a shape, TFLOP/s by the host's clock. */
export function againstTable(rates: readonly AgainstRate[]): string {
  const libraries = [...new Set(rates.map(({ library }) => library))];
  const shapeOf = ({ rows, inner, cols }: AgainstRate) => `${rows} × ${inner} → ${cols}`;
  const shapes = [...new Set(rates.map(shapeOf))];
  const cell = (shape: string, library: string) => {
    const { rows, inner, cols, wallMs, error } = rates.find(
      (rate) => shapeOf(rate) === shape && rate.library === library,
    )!;
    // What is far off is no product.
    return error > 1e-3 ? 'wrong' : ((2 * rows * inner * cols) / wallMs / 1e9).toPrecision(3);
  };
  return table(
    ['TFLOP/s, wall', ...libraries],
    shapes.map((shape) => [shape, ...libraries.map((library) => cell(shape, library))]),
  );
}

/** Gigabytes (1e9) a second, a row a way, a column a size. */
export function transferTable(rates: readonly TransferRate[]): string {
  const sizes = [...new Set(rates.map(({ mib }) => mib))];
  const ways = [...new Set(rates.map(({ way }) => way))];
  const rate = (way: string, mib: number) => rates.find((each) => each.way === way && each.mib === mib)!.gbps;
  return table(
    ['GB/s, all devices together', ...sizes.map((mib) => `${mib} MiB`)],
    ways.map((way) => [way, ...sizes.map((mib) => rate(way, mib).toFixed(2))]),
  );
}

export function pageTable({ gpu, firstPaintMs, largestPaintMs, blockingMs, spans, paced, unpaced }: PageRate): string {
  const rate = ({ frames, scriptMs }: FrameRate) =>
    `${frames.count} frames, ${frames.median.toFixed(1)} ms each (95 %: ${frames.p95.toFixed(1)}, longest ${frames.longest.toFixed(1)}); scripts ${scriptMs.median.toFixed(1)} ms (95 %: ${scriptMs.p95.toFixed(1)})`;
  return [
    `Chromium on ${gpu}`,
    `first contentful paint ${firstPaintMs.toFixed(0)} ms, largest ${largestPaintMs.toFixed(0)} ms, blocking ${blockingMs.toFixed(0)} ms`,
    `${spans} spans, zoomed once a frame`,
    `at the screen's pace: ${rate(paced)}`,
    `as fast as it goes: ${rate(unpaced)}`,
  ].join('\n');
}
