import type { Builder, Place } from './builder';
import { placeOfWeight } from './derivative/place_of_weight';
import { INPUTS } from './program';

/** Gradients that lie one after the other in a kept value, [rows, ROW], to be added up over ranks together. */
export type Bucket = {
  readonly name: string;
  /** As many a rank. */
  readonly rows: number;
  /** In the order in which they are ready; `at`: the element that each begins at. */
  readonly parts: readonly { readonly weight: string; readonly gradient: string; readonly at: number }[];
  /** Of the last of them. */
  readonly place: Place;
};

/** Elements of a bucket's row. */
export const ROW = 64;

/** A bucket is full with so many elements (25 MB, as PyTorch's), or with this share of all. */
const MOST = 25e6 / 4;
const SHARE = 1 / 8;

/** Puts gradients into buckets, in their order. */
export function bucketsOf(
  gradients: readonly { readonly weight: string; readonly gradient: string }[],
  sizeOf: (value: string) => number,
  ranks: number,
  label = 'gradients',
): Bucket[] {
  const total = gradients.reduce((sum, { gradient }) => sum + sizeOf(gradient), 0);
  const full = Math.min(MOST, total * SHARE);
  const buckets: Bucket[] = [];
  let parts: Bucket['parts'][number][] = [];
  let end = 0;
  for (const [i, one] of gradients.entries()) {
    parts.push({ ...one, at: end });
    // Each begins where four values can be read at once.
    end += Math.ceil(sizeOf(one.gradient) / 4) * 4;
    if (end < full && i < gradients.length - 1) continue;
    const rows = Math.ceil(end / (ROW * ranks)) * ranks;
    buckets.push({ name: `${label} ${buckets.length}`, rows, parts, place: placeOfWeight(one.weight) });
    parts = [];
    end = 0;
  }
  return buckets;
}

/** Copies gradients to their bucket, or adds them to what is there; the rest of it stays zero. */
export function bucketed(build: Builder, { name, rows, parts }: Bucket, accumulated: boolean): void {
  const bucket = build.keep({ name, rows, cols: ROW });
  for (const { weight, gradient, at } of parts) {
    const shape = build.shapeOf(gradient);
    const count = (shape.rows as number) * shape.cols;
    const width = count % 4 === 0 ? 4 : 1;
    const [call, inputs] = accumulated
      ? ([{ kernel: 'accumulate', sizes: { rows: 1, width: count, at } }, [gradient, INPUTS.begun]] as const)
      : ([
          { kernel: 'copy_rows', sizes: { rows: count / width, width, start: 0, to: at / width } },
          [gradient],
        ] as const);
    build.compute(placeOfWeight(weight), 'to bucket', call, { inputs }, bucket);
  }
}
