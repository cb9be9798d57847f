import { beforeAll, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/setup/lab';
import { relativeError } from '../../src/lab/statistics/numbers';
import { BACKWARD_KERNELS } from '../../src/program/backward_kernels';
import { faultsOf } from '../../src/program/check_program';
import { DIFFERENTIABLE } from '../../src/program/derivative/differentiate';
import { openLab } from '../support';
import { centralDifferences } from './central_differences';
import { GRADIENT_CASES, programOf } from './gradient_cases';
import { type Data, floats, integers, launch, random } from './launch_kernel';
import { runProgram } from './run_program';
import { KERNEL_TOLERANCE } from './tolerance';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

test.each(GRADIENT_CASES)('the gradients of $name agree with central differences in float64', async (one) => {
  const { program, gradients, outputs } = programOf(one);
  expect(faultsOf(program)).toEqual([]);
  const values = Object.fromEntries(
    Object.entries({ ...one.varied, ...one.fixed }).map(([name, { data }]) => [name, Float64Array.from(data)]),
  );
  const seeds = one.plain(values).map(({ length }) => random(length));
  const given = new Map<string, Data>([
    ...Object.entries({ ...one.varied, ...one.fixed }).map(([name, { data }]) => [name, data] as const),
    ...outputs.map((name, i) => [`seed of ${name}`, seeds[i]!] as const),
  ]);
  const runs = [
    await runProgram(lab, program, given, new Map()),
    await runProgram(lab, program, given, new Map(), true),
  ];
  const loss = () => one.plain(values).reduce((sum, out, i) => sum + dot(out, seeds[i]!), 0);
  expect([...gradients.keys()].sort()).toEqual(Object.keys(one.varied).sort());
  for (const [name, gradient] of gradients) {
    const expected = centralDifferences(values[name]!, loss);
    for (const found of runs) {
      const own = found.get(gradient)!;
      const error = relativeError(own instanceof Float32Array ? own : floats(own), expected);
      expect(error, name).toBeLessThanOrEqual(KERNEL_TOLERANCE);
    }
  }
});

const softmax = (x: readonly number[]) => {
  const highest = Math.max(...x);
  const total = x.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  return x.map((value) => Math.exp(value - highest) / total);
};

test.each(['cross_entropy', 'kl_divergence'] as const)('%s and its gradient agree with float64', async (kernel) => {
  const [rows, width] = [5, 301];
  const logits = random(rows * width).map((x) => 5 * x);
  const teacher = random(rows * width).map((x) => 5 * x);
  const targets = Uint32Array.from({ length: rows }, (_, row) => (row * 97) % width);
  // One row has no target.
  const weights = Float32Array.from({ length: rows }, (_, row) => (row === 3 ? 0 : 0.25 + row));
  const inputs = kernel === 'cross_entropy' ? [logits, targets, weights] : [logits, teacher, weights];
  const [losses, d] = await launch(lab, kernel, { rows, width }, inputs, [rows, rows * width]);
  const values = Float64Array.from(logits);
  const of = (row: number): number => {
    const own = softmax(Array.from(values.slice(row * width, (row + 1) * width)));
    if (kernel === 'cross_entropy') return -weights[row]! * Math.log(own[targets[row]!]!);
    const wanted = softmax(Array.from(teacher.slice(row * width, (row + 1) * width)));
    return weights[row]! * wanted.reduce((sum, t, c) => sum + t * (Math.log(t) - Math.log(own[c]!)), 0);
  };
  const each = Array.from({ length: rows }, (_, row) => of(row));
  expect(relativeError(floats(losses!), each)).toBeLessThanOrEqual(KERNEL_TOLERANCE);
  // A row's loss depends on its own logits alone.
  const expected = each.flatMap((_, row) => {
    const own = values.subarray(row * width, (row + 1) * width);
    return [...centralDifferences(own, () => of(row))];
  });
  expect(relativeError(floats(d!), expected)).toBeLessThanOrEqual(KERNEL_TOLERANCE);
});

const GROUPED = [
  { counts: [0, 3, 70, 0, 33], rows: 37, cols: 65 },
  { counts: [1, 0, 70, 3, 1, 133, 0], rows: 48, cols: 268 },
  { counts: [0, 0], rows: 8, cols: 8 },
  { counts: [200, 90], rows: 132, cols: 64 },
];

test.each(GROUPED)('grouped products backward over $counts agree with float64, by each variant', async (one) => {
  const { counts, rows, cols } = one;
  const groups = counts.length;
  const pairs = counts.reduce((a, b) => a + b, 0);
  const offsets = Uint32Array.from([0, ...counts.map((_, g) => counts.slice(0, g + 1).reduce((a, b) => a + b, 0))]);
  const [dOut, weight] = [random(pairs * rows), random(groups * rows * cols)];
  const nn = { pairs, inner: rows, cols, groups };
  const expectedNn = new Float64Array(pairs * cols);
  counts.forEach((_, g) => {
    for (let p = offsets[g]!; p < offsets[g + 1]!; p++)
      for (let k = 0; k < rows; k++)
        for (let c = 0; c < cols; c++)
          expectedNn[p * cols + c]! += dOut[p * rows + k]! * weight[(g * rows + k) * cols + c]!;
  });
  for (const variant of lab.engine.launcher.allFor('grouped_gemm_nn', nn)) {
    const [out] = await launch(lab, 'grouped_gemm_nn', nn, [dOut, offsets, weight], [pairs * cols], variant);
    expect(relativeError(floats(out!), expectedNn), variant.name).toBeLessThanOrEqual(KERNEL_TOLERANCE);
  }
  for (const gather of [0, 1] as const) {
    const stride = cols + (gather ? (cols % 4 === 0 ? 8 : 3) : 0);
    const x = random((gather ? 11 : Math.max(pairs, 1)) * stride);
    const pairRow = gather ? integers(pairs, 11) : new Uint32Array(pairs).fill(99_999);
    const parts = gather ? 3 : 1;
    const tn = { pairs, rows, cols, groups, stride, gather, parts };
    const expected = new Float64Array(groups * rows * cols);
    counts.forEach((_, g) => {
      for (let p = offsets[g]!; p < offsets[g + 1]!; p++)
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < cols; c++)
            expected[(g * rows + r) * cols + c]! += dOut[p * rows + r]! * x[(gather ? pairRow[p]! : p) * stride + c]!;
    });
    for (const variant of lab.engine.launcher.allFor('grouped_gemm_tn', tn)) {
      const inputs = [dOut, x, pairRow, offsets];
      const [out] = await launch(lab, 'grouped_gemm_tn', tn, inputs, [parts * groups * rows * cols], variant);
      const sum = summed(floats(out!), parts);
      expect(relativeError(sum, expected), variant.name).toBeLessThanOrEqual(KERNEL_TOLERANCE);
    }
  }
});

/** What so many sums, one after the other, add up to. */
const summed = (values: ArrayLike<number>, parts: number): Float64Array =>
  Float64Array.from({ length: values.length / parts }, (_, i) =>
    Array.from({ length: parts }, (_, part) => values[(part * values.length) / parts + i]!).reduce((a, b) => a + b, 0),
  );

test.each([
  { rows: 3, inner: 5, cols: 7, parts: 4 },
  { rows: 68, inner: 130, cols: 132, parts: 3 },
  { rows: 4, inner: 3, cols: 4, parts: 64 },
])('sums over $inner tokens in $parts parts agree with float64, by each variant', async (sizes) => {
  const { rows, inner, cols, parts } = sizes;
  const [x, y] = [random(inner * rows), random(inner * cols)];
  const expected = new Float64Array(rows * cols);
  for (let k = 0; k < inner; k++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < cols; c++) expected[r * cols + c]! += x[k * rows + r]! * y[k * cols + c]!;
  for (const variant of lab.engine.launcher.allFor('gemm_tn_parts', sizes)) {
    const [out] = await launch(lab, 'gemm_tn_parts', sizes, [x, y], [parts * rows * cols], variant);
    expect(relativeError(summed(floats(out!), parts), expected), variant.name).toBeLessThanOrEqual(KERNEL_TOLERANCE);
  }
  const norm = { rows: inner, width: cols, stride: cols + 2, parts };
  const [wide, factors] = [random(inner * norm.stride), random(inner)];
  const ofNorm = Float64Array.from({ length: cols }, (_, c) =>
    Array.from(factors, (factor, k) => factor * y[k * cols + c]! * wide[k * norm.stride + c]!).reduce((a, b) => a + b),
  );
  const [own] = await launch(lab, 'norm_weight_grad', norm, [wide, factors, y], [parts * cols]);
  expect(relativeError(summed(floats(own!), parts), ofNorm)).toBeLessThanOrEqual(KERNEL_TOLERANCE);
});

test.each([1, 600])('of %i tokens the gradient of an embedding agrees with float64, by each variant', async (rows) => {
  const sizes = { rows, words: 9, width: 70 };
  const ids = integers(rows, 7);
  const dOut = random(rows * sizes.width);
  const expected = new Float64Array(sizes.words * sizes.width);
  dOut.forEach((value, i) => {
    expected[ids[Math.floor(i / sizes.width)]! * sizes.width + (i % sizes.width)]! += value;
  });
  const variants = lab.engine.launcher.allFor('embedding_grad', sizes);
  expect(variants).toHaveLength(2);
  for (const variant of variants) {
    const [out] = await launch(lab, 'embedding_grad', sizes, [ids, dOut], [expected.length], variant);
    expect(relativeError(floats(out!), expected), variant.name).toBeLessThanOrEqual(KERNEL_TOLERANCE);
  }
});

const HEADS = [
  { lengths: [37, 1, 45], heads: 4, kvHeads: 2, keyDim: 68, valueDim: 36, chunk: 999 },
  { lengths: [70], heads: 3, kvHeads: 3, keyDim: 20, valueDim: 44, chunk: 33 },
  { lengths: [40], heads: 2, kvHeads: 1, keyDim: 188, valueDim: 124, chunk: 999 },
];

test.each(HEADS)('attention backward over $lengths agrees with float64, by each variant', async (one) => {
  const { lengths, heads, kvHeads, keyDim, valueDim, chunk } = one;
  const first = Uint32Array.from(
    lengths.flatMap((length, i) => {
      const begin = lengths.slice(0, i).reduce((a, b) => a + b, 0);
      return Array.from({ length }, (_, at) => begin + at - (at % chunk));
    }),
  );
  const rows = first.length;
  const keys = first.reduce((sum, from, row) => sum + row - from + 1, 0);
  const sizes = { rows, heads, kvHeads, keyDim, valueDim, scale: Math.fround(keyDim ** -0.5), keys };
  const [q, k, v] = [
    random(rows * heads * keyDim),
    random(rows * kvHeads * keyDim),
    random(rows * kvHeads * valueDim),
  ] as const;
  const d = random(rows * heads * valueDim);
  const out = new Float64Array(rows * heads * valueDim);
  const sums = new Float64Array(rows * heads * 2);
  const [dQ, dK, dV] = [q, k, v].map(({ length }) => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const slice = (x: ArrayLike<number>, at: number, width: number) =>
    Array.from({ length: width }, (_, i) => x[at * width + i]!);
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      const at = row * heads + head;
      const kvHead = Math.floor(head / (heads / kvHeads));
      const seen = Array.from({ length: row - first[row]! + 1 }, (_, i) => (first[row]! + i) * kvHeads + kvHead);
      const scores = seen.map((key) => sizes.scale * dot(slice(q, at, keyDim), slice(k, key, keyDim)));
      const p = softmax(scores);
      const products = seen.map((key) => dot(slice(d, at, valueDim), slice(v, key, valueDim)));
      const dotted = dot(p, products);
      sums[2 * at] = scores[0]! - Math.log(p[0]!);
      sums[2 * at + 1] = dotted;
      for (const [i, key] of seen.entries()) {
        const dScore = sizes.scale * p[i]! * (products[i]! - dotted);
        for (let c = 0; c < keyDim; c++) {
          dQ[at * keyDim + c]! += dScore * k[key * keyDim + c]!;
          dK[key * keyDim + c]! += dScore * q[at * keyDim + c]!;
        }
        for (let c = 0; c < valueDim; c++) {
          out[at * valueDim + c]! += p[i]! * v[key * valueDim + c]!;
          dV[key * valueDim + c]! += p[i]! * d[at * valueDim + c]!;
        }
      }
    }
  }
  const compare = async (
    kernel: 'attention_sums' | 'attention_query_grad' | 'attention_key_grad',
    inputs: readonly Data[],
    expected: readonly Float64Array[],
  ) => {
    for (const variant of lab.engine.launcher.allFor(kernel, sizes)) {
      const lengthsOf = expected.map(({ length }) => length);
      const found = await launch(lab, kernel, sizes, inputs, lengthsOf, variant);
      for (const [i, own] of found.entries())
        expect(relativeError(floats(own), expected[i]!), variant.name).toBeLessThanOrEqual(KERNEL_TOLERANCE);
    }
  };
  const known = Float32Array.from(sums);
  await compare('attention_sums', [q, k, first, Float32Array.from(out), d], [sums]);
  await compare('attention_query_grad', [q, k, v, first, d, known], [dQ]);
  await compare('attention_key_grad', [q, k, v, first, d, known], [dK, dV]);
});

/** These have cases in training_kernels.test.ts. */
const TRAINING_KERNELS = [
  ...['adamw', 'adamw_change', 'apply_change', 'accumulate', 'sum_shared', 'sum_squares', 'clip_step'],
  ...['expert_counts', 'balance_bias', 'sequence_counts', 'balance_loss', 'squared_distance'],
  ...['softmax_part', 'join_softmax', 'softmax_loss', 'softmax_part_grad'],
];

/** Of these the check against PyTorch has the gradients (test/oracle): they travel between ranks. */
const TRAVELLING = [
  ...['permute', 'unpermute', 'send_plan', 'pack_bf16', 'unpack_bf16', 'sum_parts'],
  ...['spread_rows', 'pack_token_grads', 'sum_token_grads'],
];

test('every rule and every kernel of the backward pass has a case', () => {
  const tried = new Set<string>([
    'cross_entropy',
    'kl_divergence',
    'gemm_tn_parts',
    ...TRAINING_KERNELS,
    ...TRAVELLING,
    ...GRADIENT_CASES.flatMap((one) =>
      programOf(one).program.operations.flatMap((op) => (op.kind === 'compute' ? op.kernel : [])),
    ),
  ]);
  expect([...DIFFERENTIABLE, ...Object.keys(BACKWARD_KERNELS)].filter((kernel) => !tried.has(kernel))).toEqual([]);
});
