import type { Builder } from './builder';
import { INPUTS } from './program';

const PLACE = { block: 'head', layer: null } as const;
const rows = 'tokens';

/** What the head reads, [tokens, width], its weight [words, width], and so many words at a time. */
type Head = { readonly x: string; readonly head: string; readonly chunk: number };

/**
 * Cross-entropy of the next token, and the seeds of what the head reads and of its weight, in chunks of the vocabulary:
 * those of a chunk are there once those of the one before were used, in any order of operations. They are computed
 * twice; the gradient of the weight lies in a kept value.
 */
export function lowerLossInChunks(build: Builder, { x, head, chunk }: Head, seeds: Map<string, string>): void {
  const { rows: words, cols: width } = build.shapeOf(head) as { rows: number; cols: number };
  const chunks = Array.from({ length: Math.ceil(words / chunk) }, (_, i) => ({
    first: i * chunk,
    count: Math.min(chunk, words - i * chunk),
  }));
  const weightOf = (first: number, count: number, turn: string, after: readonly string[]): string =>
    build.compute(
      PLACE,
      'rows of lm head',
      { kernel: 'copy_rows', sizes: { rows: count, width, start: first, to: 0 } },
      { inputs: [head], after },
      { name: `${head} from ${first}${turn}`, rows: count, cols: width },
    );
  const logitsOf = (weight: string, count: number): string =>
    build.compute(
      PLACE,
      'lm head',
      { kernel: 'gemm', sizes: { rows, inner: width, cols: count } },
      { inputs: [x, weight] },
      { name: `logits of ${weight}`, rows, cols: count },
    );
  let part: string | null = null;
  for (const { first, count } of chunks) {
    const own: string = build.compute(
      PLACE,
      'softmax of a chunk',
      { kernel: 'softmax_part', sizes: { rows, width: count, first } },
      { inputs: [logitsOf(weightOf(first, count, '', part ? [part] : []), count), INPUTS.target] },
      { name: `softmax from ${first}`, rows, cols: 3 },
    );
    part = part
      ? build.compute(
          PLACE,
          'join chunks',
          { kernel: 'join_softmax', sizes: { rows } },
          { inputs: [part, own] },
          { name: `${own}, joined`, rows, cols: 3 },
        )
      : own;
  }
  build.compute(
    PLACE,
    'loss',
    { kernel: 'softmax_loss', sizes: { rows } },
    { inputs: [part!, INPUTS.lossWeight] },
    { name: 'losses', rows, cols: 1 },
  );
  const dHead = build.keep({ name: `d ${head} by chunks`, rows: words, cols: width });
  let dX: string | null = null;
  let used: readonly string[] = [part!];
  for (const { first, count } of chunks) {
    const weight = weightOf(first, count, ', again', used);
    const logits = logitsOf(weight, count);
    const d = build.compute(
      PLACE,
      'd loss of a chunk',
      { kernel: 'softmax_part_grad', sizes: { rows, width: count, first } },
      { inputs: [logits, INPUTS.target, INPUTS.lossWeight, part!] },
      { name: `d ${logits}`, rows, cols: count },
    );
    const ofWeight = build.compute(
      PLACE,
      'd lm head: weight',
      { kernel: 'gemm_tn', sizes: { rows: count, inner: rows, cols: width } },
      { inputs: [d, x] },
      { name: `d ${weight}`, rows: count, cols: width },
    );
    build.compute(
      PLACE,
      'd lm head: rows',
      { kernel: 'copy_rows', sizes: { rows: count, width, start: 0, to: first } },
      { inputs: [ofWeight] },
      dHead,
    );
    const own: string = build.compute(
      PLACE,
      'd lm head',
      { kernel: 'gemm_nn', sizes: { rows, inner: count, cols: width } },
      { inputs: [d, weight] },
      { name: `d ${x} from ${first}`, rows, cols: width },
    );
    used = [ofWeight, own];
    dX = dX
      ? build.compute(
          PLACE,
          'add gradients',
          { kernel: 'add', sizes: { rows, width } },
          { inputs: [dX, own] },
          { name: `${own}, added`, rows, cols: width },
        )
      : own;
  }
  seeds.set(x, dX!);
  seeds.set(head, dHead);
}
