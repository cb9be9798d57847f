import { relativeError } from '../../src/lab/statistics/numbers';
import type { KernelName } from '../../src/program/kernels';
import * as reference from '../reference';
import { below, floats, integers, type KernelCase, launch, POISON, random, same } from './launch_kernel';
import { WIRE_CASES } from './wire_cases';

/** Values of a matrix by its columns. */
const transposed = (x: ArrayLike<number>, rows: number, cols: number) =>
  Float32Array.from({ length: rows * cols }, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)]!);

function product(kernel: 'gemm' | 'gemm_nn' | 'gemm_tn', rows: number, inner: number, cols: number): KernelCase {
  const sizes = { rows, inner, cols };
  return {
    name: `${kernel} ${rows} × ${inner} × ${cols}`,
    call: { kernel, sizes },
    async run(lab, variant) {
      const x = random(rows * inner);
      const y = random(cols * inner);
      const [out] = await launch(lab, kernel, sizes, [x, y], [rows * cols], variant);
      const byRow = kernel === 'gemm_tn' ? transposed(x, inner, rows) : x;
      const byCol = kernel === 'gemm' ? y : transposed(y, inner, cols);
      return relativeError(floats(out!), reference.product(byRow, byCol, rows, inner, cols));
    },
  };
}

function gated(rows: number, inner: number, width: number): KernelCase {
  const sizes = { rows, inner, width };
  return {
    name: `gemm_swiglu ${rows} × ${inner} × ${width}`,
    call: { kernel: 'gemm_swiglu', sizes },
    async run(lab, variant) {
      const x = random(rows * inner);
      const weight = random(2 * width * inner);
      const [out] = await launch(lab, 'gemm_swiglu', sizes, [x, weight], [rows * width], variant);
      const products = reference.product(x, weight, rows, inner, 2 * width);
      return relativeError(floats(out!), reference.swiglu(products, rows, width));
    },
  };
}

/** Rows of `stride` words, of which the first hold a row's values, f32 or two bf16 a word. */
function asSent(values: ArrayLike<number>, width: number, stride: number, packed: 0 | 1): Uint32Array<ArrayBuffer> {
  const rows = values.length / width;
  const out = new Uint32Array(rows * stride).fill(POISON);
  const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!;
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < width; k += packed + 1) {
      const [value, next] = [values[row * width + k]!, k + 1 < width ? values[row * width + k + 1]! : 0];
      out[row * stride + k / (packed + 1)] = packed
        ? (bitsOf(reference.bf16(value)) >>> 16) + (bitsOf(reference.bf16(next)) >>> 16) * 2 ** 16
        : bitsOf(value);
    }
  return out;
}

/** A grouped product, or SwiGLU of one. */
function grouped(
  kernel: 'grouped_gemm' | 'grouped_gemm_swiglu',
  counts: readonly number[],
  inner: number,
  outputs: number,
  gather: boolean,
  packed: 0 | 1 = 0,
): KernelCase {
  const cols = kernel === 'grouped_gemm' ? outputs : 2 * outputs;
  const pairs = counts.reduce((a, b) => a + b, 0);
  // Rows of x may be longer than what is read of them.
  const words = packed ? Math.ceil(inner / 2) : inner;
  const stride = words + (gather ? (inner % 4 === 0 ? 8 : 3) : 0);
  const shared = { pairs, inner, groups: counts.length, stride, gather: gather ? 1 : 0 };
  const sizes = kernel === 'grouped_gemm' ? { ...shared, cols } : { ...shared, width: outputs, packed };
  return {
    name: `${kernel} [${counts}] × ${inner} × ${outputs}${gather ? ', gathered' : ''}${packed ? ', bf16' : ''}`,
    call: { kernel, sizes },
    async run(lab, variant) {
      const rows = gather ? 11 : pairs;
      const values = random(rows * inner);
      const x = asSent(values, inner, stride, packed);
      const read = packed ? Float32Array.from(values, reference.bf16) : values;
      const pairRow = gather ? integers(pairs, rows) : Uint32Array.from({ length: pairs }, () => 99999);
      const offsets = Uint32Array.from([0, ...counts.map((_, e) => counts.slice(0, e + 1).reduce((a, b) => a + b, 0))]);
      const weight = random(counts.length * cols * inner);
      const [out] = await launch(lab, kernel, sizes, [x, pairRow, offsets, weight], [pairs * outputs], variant);
      const expected: number[] = [];
      counts.forEach((count, e) => {
        for (let i = 0; i < count; i++) {
          const pair = offsets[e]! + i;
          const row = gather ? pairRow[pair]! : pair;
          const products = reference.product(
            read.slice(row * inner, (row + 1) * inner),
            weight.slice(e * cols * inner, (e + 1) * cols * inner),
            1,
            inner,
            cols,
          );
          expected.push(...(kernel === 'grouped_gemm' ? products : reference.swiglu(products, 1, outputs)));
        }
      });
      return relativeError(floats(out!), expected);
    },
  };
}

/**
 * `back`: for each token, how many keys it sees before its own; keys lie in `spread` rows, of which others are not
 * read.
 */
function attention(
  name: string,
  tokens: readonly { own: number; back: number }[],
  heads: number,
  kvHeads: number,
  keyDim: number,
  valueDim: number,
  extra = 0,
): KernelCase {
  const rows = tokens.length;
  const keyRows = 1 + Math.max(...tokens.map(({ own }) => own));
  const valueStride = kvHeads * valueDim + extra;
  const keys = tokens.reduce((sum, { back }) => sum + back + 1, 0);
  const scale = Math.fround(3 * keyDim ** -0.5);
  const sizes = { rows, heads, kvHeads, keyDim, valueDim, valueStride, scale, keys, keyRows };
  return {
    name: `attention ${name}, ${heads}/${kvHeads} heads of ${keyDim}, ${valueDim}`,
    call: { kernel: 'attention', sizes },
    async run(lab, variant) {
      const q = random(rows * heads * keyDim);
      const k = random(keyRows * kvHeads * keyDim);
      const v = random(keyRows * valueStride);
      const own = Uint32Array.from(tokens, (token) => token.own);
      const first = Uint32Array.from(tokens, (token) => token.own - token.back);
      const [out] = await launch(lab, 'attention', sizes, [q, k, v, first, own], [rows * heads * valueDim], variant);
      return relativeError(floats(out!), reference.attention(q, k, v, first, own, sizes));
    },
  };
}

/** Tokens of whole sequences, one after the other. */
const sequences = (...lengths: number[]) =>
  lengths.flatMap((n, i) =>
    Array.from({ length: n }, (_, back) => ({ own: lengths.slice(0, i).reduce((a, b) => a + b, 0) + back, back })),
  );

/** Tokens of a sequence that see no further back than the begin of their chunk. */
const chunks = (length: number, size: number) => Array.from({ length }, (_, own) => ({ own, back: own % size }));

function rope(rows: number, heads: number, headDim: number, rotated: number, interleaved: boolean): KernelCase {
  return {
    name: `rope ${rows} × ${heads} × ${headDim}, ${rotated} rotated, ${interleaved ? 'interleaved' : 'halves'}`,
    async run(lab) {
      const x = random(rows * heads * headDim);
      const position = integers(rows, 9);
      const table = random(9 * rotated);
      const [out] = await launch(
        lab,
        'rope',
        { rows, heads, headDim, rotated, interleaved: interleaved ? 1 : 0 },
        [x, position, table],
        [x.length],
      );
      const expected: number[] = [];
      for (let i = 0; i < rows * heads; i++) {
        const head = Array.from(x.slice(i * headDim, (i + 1) * headDim));
        const kept = headDim - rotated;
        expected.push(
          ...head.slice(0, kept),
          ...reference.rotate(head.slice(kept), position[Math.floor(i / heads)]!, table, interleaved),
        );
      }
      return relativeError(floats(out!), expected);
    },
  };
}

function norm(rows: number, width: number, stride: number): KernelCase {
  const sizes = { rows, width, stride, eps: 1e-3 };
  return {
    name: `rmsnorm ${rows} × ${width} of ${stride}`,
    call: { kernel: 'rmsnorm', sizes },
    async run(lab, variant) {
      const [x, weight] = [random(rows * stride), random(width)];
      const [out] = await launch(lab, 'rmsnorm', sizes, [x, weight], [rows * width], variant);
      return relativeError(floats(out!), reference.rmsnorm(x, weight, rows, width, stride, sizes.eps));
    },
  };
}

function addedNorm(rows: number, width: number, terms: 2 | 3): KernelCase {
  const sizes = { rows, width, terms, eps: 1e-3 };
  return {
    name: `add_rmsnorm of ${terms}, ${rows} × ${width}`,
    call: { kernel: 'add_rmsnorm', sizes },
    async run(lab, variant) {
      const [a, b, c] = [random(rows * width), random(rows * width), random(rows * width)];
      const weight = random(width);
      const outputs = [rows * width, rows * width];
      const [sum, out] = await launch(lab, 'add_rmsnorm', sizes, [a, b, c, weight], outputs, variant);
      const added = a.map((value, i) => value + b[i]! + (terms === 3 ? c[i]! : 0));
      const normed = reference.rmsnorm(added, weight, rows, width, width, sizes.eps);
      return relativeError(floats(sum!), added) + relativeError(floats(out!), normed);
    },
  };
}

const SCORING = { softmax: 0, sigmoid: 1, 'sigmoid with bias': 2 } as const;

function topK(rows: number, router: reference.Router, ties = false): KernelCase {
  const { experts, topK: k, scoring, groups, keptGroups, normalise, scale } = router;
  return {
    name: `router_topk ${k} of ${experts}, ${rows} rows, ${scoring}, ${keptGroups} of ${groups} groups${normalise ? ', normalised' : ''}${ties ? ', with ties' : ''}`,
    async run(lab) {
      const logits = ties ? Float32Array.from({ length: rows * experts }, () => below(3)) : random(rows * experts);
      const bias = random(experts);
      const [ids, weights] = await launch(
        lab,
        'router_topk',
        {
          rows,
          experts,
          topK: k,
          scoring: SCORING[scoring],
          groups,
          keptGroups,
          normalise: normalise ? 1 : 0,
          balanced: 0,
          scale,
        },
        [logits, bias],
        [rows * k, rows * k],
      );
      const expected = reference.topK(logits, bias, rows, router);
      return same(ids!, expected.ids) + relativeError(floats(weights!), expected.weights);
    },
  };
}
const ROUTER: reference.Router = {
  experts: 8,
  topK: 3,
  scoring: 'softmax',
  groups: 1,
  keptGroups: 1,
  normalise: false,
  scale: 1.75,
};

function plain(name: KernelName, run: KernelCase['run']): KernelCase {
  return { name, run };
}

const SAMPLINGS: readonly reference.Sampling[] = [
  { temperature: 0, topK: 0, topP: 1 },
  { temperature: 1, topK: 0, topP: 1 },
  { temperature: 0.7, topK: 5, topP: 1 },
  { temperature: 1.5, topK: 0, topP: 0.6 },
  { temperature: 2, topK: 40, topP: 0.9 },
  { temperature: 0.5, topK: 1, topP: 0.01 },
];

export const KERNEL_CASES: readonly KernelCase[] = [
  product('gemm', 1, 5, 3),
  product('gemm', 33, 70, 65),
  product('gemm', 67, 129, 131),
  product('gemm', 1, 64, 4),
  product('gemm', 3, 4, 4),
  product('gemm', 5, 1028, 68),
  product('gemm', 70, 320, 132),
  product('gemm', 131, 64, 260),
  product('gemm_nn', 3, 5, 7),
  product('gemm_nn', 67, 129, 131),
  product('gemm_nn', 1, 64, 4),
  product('gemm_nn', 131, 128, 260),
  product('gemm_tn', 3, 5, 7),
  product('gemm_tn', 67, 129, 131),
  product('gemm_tn', 4, 1, 4),
  product('gemm_tn', 132, 77, 260),
  grouped('grouped_gemm', [0, 3, 70, 0, 33], 37, 65, true),
  grouped('grouped_gemm', [32, 0, 1], 64, 9, false),
  grouped('grouped_gemm', [0, 0], 8, 8, false),
  grouped('grouped_gemm', [1, 0, 70, 3, 1, 133, 0], 48, 268, true),
  grouped(
    'grouped_gemm',
    Array.from({ length: 300 }, (_, e) => (e % 3 === 1 ? 2 : 0)),
    8,
    12,
    false,
  ),
  gated(1, 5, 3),
  gated(5, 1028, 36),
  gated(67, 129, 71),
  gated(131, 80, 132),
  grouped('grouped_gemm_swiglu', [0, 3, 70, 0, 33], 37, 33, true),
  grouped('grouped_gemm_swiglu', [1, 0, 70, 3, 1, 133, 0], 48, 132, true),
  grouped('grouped_gemm_swiglu', [32, 0, 1], 64, 8, false),
  grouped('grouped_gemm_swiglu', [0, 3, 70, 0, 33], 37, 33, true, 1),
  grouped('grouped_gemm_swiglu', [1, 0, 70, 3, 1, 133, 0], 48, 132, true, 1),
  attention('of a token', sequences(1), 2, 1, 4, 4),
  attention('of a sequence of 150', sequences(150), 2, 2, 44, 36),
  attention('of sequences of 3, 67 and 130', sequences(3, 67, 130), 4, 2, 192, 128),
  attention('in chunks of 50', chunks(160, 50), 2, 1, 32, 132),
  attention('of a sequence of 5', sequences(5), 3, 3, 24, 16),
  attention('of sequences of 1, 67 and 130', sequences(1, 67, 130), 4, 2, 40, 33),
  attention('over wide values', sequences(70), 2, 1, 16, 500),
  attention(
    'of single tokens over a cache',
    [
      { own: 70, back: 69 },
      { own: 3, back: 3 },
      { own: 200, back: 0 },
    ],
    4,
    1,
    24,
    17,
    7,
  ),
  attention(
    'of single tokens over a cache of wide rows',
    [
      { own: 70, back: 69 },
      { own: 3, back: 3 },
      { own: 200, back: 0 },
    ],
    4,
    1,
    72,
    64,
    8,
  ),
  rope(7, 3, 24, 8, true),
  rope(5, 2, 16, 16, false),
  topK(67, ROUTER),
  topK(130, { ...ROUTER, experts: 17, topK: 5, normalise: true }, true),
  topK(67, { ...ROUTER, experts: 24, topK: 4, groups: 6, keptGroups: 2 }),
  topK(67, { ...ROUTER, topK: 1, scoring: 'sigmoid' }),
  topK(67, { ...ROUTER, experts: 9, scoring: 'sigmoid with bias', normalise: true }),
  topK(131, {
    ...ROUTER,
    experts: 32,
    topK: 6,
    scoring: 'sigmoid with bias',
    groups: 8,
    keptGroups: 3,
    normalise: true,
  }),
  {
    name: 'router_topk balanced: every expert of 12 as often, no expert twice for a token',
    async run(lab) {
      const sizes = {
        rows: 36,
        experts: 12,
        topK: 5,
        scoring: 0,
        groups: 1,
        keptGroups: 1,
        normalise: 0,
        balanced: 1,
        scale: 1,
      };
      const logits = random(36 * 12);
      const [ids, weights] = await launch(lab, 'router_topk', sizes, [logits, random(12)], [180, 180]);
      const counts = new Array<number>(12).fill(0);
      for (const id of ids!) counts[id]!++;
      const rows = Array.from({ length: 36 }, (_, r) => Array.from(ids!.slice(5 * r, 5 * r + 5)));
      const soft = rows.flatMap((own, r) => {
        const row = Array.from(logits.slice(12 * r, 12 * r + 12), Math.exp);
        return own.map((id) => row[id]! / row.reduce((a, b) => a + b, 0));
      });
      const distinct = rows.every((own) => new Set(own).size === 5);
      return same(counts, new Array(12).fill(15)) + (distinct ? 0 : 1) + relativeError(floats(weights!), soft);
    },
  },
  plain('embedding', async (lab) => {
    const table = random(7 * 131);
    const ids = integers(70, 7);
    const [out] = await launch(lab, 'embedding', { rows: 70, width: 131 }, [ids, table], [70 * 131]);
    return same(
      floats(out!),
      Array.from(ids).flatMap((id) => Array.from(table.slice(id * 131, (id + 1) * 131))),
    );
  }),
  plain('gather_rows', async (lab) => {
    const x = random(9 * 67);
    const index = integers(5, 9);
    const [out] = await launch(lab, 'gather_rows', { rows: 5, width: 67 }, [x, index], [5 * 67]);
    return same(
      floats(out!),
      Array.from(index).flatMap((row) => Array.from(x.slice(row * 67, (row + 1) * 67))),
    );
  }),
  norm(13, 131, 150),
  norm(3, 516, 520),
  norm(2, 3, 3),
  addedNorm(13, 131, 2),
  addedNorm(5, 37, 3),
  addedNorm(3, 516, 2),
  addedNorm(3, 516, 3),
  plain('add', async (lab) => {
    const [a, b] = [random(61 * 37), random(61 * 37)];
    const [out] = await launch(lab, 'add', { rows: 61, width: 37 }, [a, b], [61 * 37]);
    return relativeError(
      floats(out!),
      a.map((value, i) => value + b[i]!),
    );
  }),
  ...SAMPLINGS.map(
    (sampling): KernelCase => ({
      name: `sample ${JSON.stringify(sampling)}`,
      async run(lab) {
        const [rows, width] = [19, 3 + below(2000)];
        // Few different values, so that some are equal.
        const logits = random(rows * width).map((x) => Math.round(40 * x) / 8);
        const draws = random(rows).map(Math.abs);
        const sizes = { rows, width, ...sampling };
        const [ids] = await launch(lab, 'sample', sizes, [logits, draws], [rows]);
        const isRight = (row: number) =>
          reference.sample(logits.subarray(row * width, (row + 1) * width), sampling, draws[row]!).includes(ids![row]!);
        return Array.from({ length: rows }, (_, row) => row).every(isRight) ? 0 : Number.POSITIVE_INFINITY;
      },
    }),
  ),
  ...[37, 36].map((width): KernelCase => {
    const call = { kernel: 'copy_rows', sizes: { rows: 61, width, start: 3, to: 5 } } as const;
    return {
      name: `copy_rows 61 × ${width}`,
      call,
      async run(lab, variant) {
        const x = integers(66 * width, 2 ** 32);
        const [out] = await launch(lab, 'copy_rows', call.sizes, [x], [67 * width], variant);
        // What is beside the rows copied stays as it was.
        const kept = new Uint32Array(width).fill(POISON);
        return same(out!, [
          ...Array(5)
            .fill([...kept])
            .flat(),
          ...x.subarray(3 * width, 64 * width),
          ...kept,
        ]);
      },
    };
  }),
  ...[37, 36].map((width): KernelCase => {
    // From four places, of which one has nothing, into rows that are not in their order.
    const places = { rows0: 20, start0: 3, to0: 31, rows1: 0, start1: 0, to1: 0 };
    const more = { rows2: 31, start2: 0, to2: 0, rows3: 9, start3: 1, to3: 52 };
    const call = { kernel: 'copy_parts', sizes: { width, ...places, ...more } } as const;
    return {
      name: `copy_parts 60 × ${width}`,
      call,
      async run(lab, variant) {
        const from = [23, 2, 31, 10].map((rows) => integers(rows * width, 2 ** 32));
        const [out] = await launch(lab, 'copy_parts', call.sizes, from, [63 * width], variant);
        const kept = (rows: number) => new Uint32Array(rows * width).fill(POISON);
        const parts = [from[2]!, from[0]!.subarray(3 * width), kept(1), from[3]!.subarray(width), kept(2)];
        return same(
          out!,
          parts.flatMap((part) => [...part]),
        );
      },
    };
  }),
  ...[37, 36].map((width): KernelCase => {
    const call = { kernel: 'scale_rows', sizes: { rows: 61, width } } as const;
    return {
      name: `scale_rows 61 × ${width}`,
      call,
      async run(lab, variant) {
        const [x, factor] = [random(61 * width), random(61)];
        const [out] = await launch(lab, 'scale_rows', call.sizes, [x, factor], [61 * width], variant);
        return relativeError(
          floats(out!),
          x.map((value, i) => value * factor[Math.floor(i / width)]!),
        );
      },
    };
  }),
  plain('sigmoid_gate', async (lab) => {
    const [x, gate] = [random(61 * 37), random(61 * 37).map((value) => 20 * value)];
    const [out] = await launch(lab, 'sigmoid_gate', { rows: 61, width: 37 }, [x, gate], [61 * 37]);
    return relativeError(
      floats(out!),
      Array.from(x, (value, i) => value / (1 + Math.exp(-gate[i]!))),
    );
  }),
  plain('cache_rows', async (lab) => {
    const x = random(3 * 37);
    const own = Uint32Array.from([6, 0, 4]);
    const [out] = await launch(lab, 'cache_rows', { rows: 3, width: 37 }, [x, own], [8 * 37]);
    const expected = new Uint32Array(8 * 37).fill(POISON);
    own.forEach((row, i) => {
      expected.set(new Uint32Array(x.slice(i * 37, (i + 1) * 37).buffer), row * 37);
    });
    return same(out!, expected);
  }),
  plain('mla_cache', async (lab) => {
    const s = { rows: 5, latent: 7, rotated: 6 };
    const normed = random(s.rows * s.latent);
    const compressed = random(s.rows * (s.latent + s.rotated));
    const position = integers(s.rows, 4);
    const own = Uint32Array.from([8, 1, 0, 5, 3]);
    const table = random(4 * s.rotated);
    const [out] = await launch(lab, 'mla_cache', s, [normed, compressed, position, own, table], [9 * 13]);
    const untouched = [2, 4, 6, 7].every((row) => out!.slice(row * 13, row * 13 + 13).every((word) => word === POISON));
    const found = Array.from(own).flatMap((row) => Array.from(floats(out!.slice(row * 13, row * 13 + 13))));
    const expected = Array.from(own).flatMap((_, r) => [
      ...normed.slice(r * 7, r * 7 + 7),
      ...reference.rotate(Array.from(compressed.slice(r * 13 + 7, r * 13 + 13)), position[r]!, table, true),
    ]);
    return (untouched ? 0 : 1) + relativeError(found, expected);
  }),
  plain('mla_query', async (lab) => {
    const s = { rows: 5, heads: 3, nope: 10, rotated: 6, valueDim: 7, latent: 70 };
    const q = random(s.rows * s.heads * 16);
    const expand = random(s.heads * 17 * s.latent);
    const position = integers(s.rows, 4);
    const table = random(4 * s.rotated);
    const [out] = await launch(lab, 'mla_query', s, [q, expand, position, table], [s.rows * s.heads * 76]);
    const expected: number[] = [];
    for (let i = 0; i < s.rows * s.heads; i++) {
      const matrix = expand.slice((i % s.heads) * 17 * s.latent);
      for (let l = 0; l < s.latent; l++) {
        let sum = 0;
        for (let n = 0; n < s.nope; n++) sum += q[i * 16 + n]! * matrix[n * s.latent + l]!;
        expected.push(sum);
      }
      const last = Array.from(q.slice(i * 16 + 10, i * 16 + 16));
      expected.push(...reference.rotate(last, position[Math.floor(i / s.heads)]!, table, true));
    }
    return relativeError(floats(out!), expected);
  }),
  plain('mla_values', async (lab) => {
    const s = { rows: 5, heads: 3, nope: 10, valueDim: 67, latent: 13 };
    const x = random(s.rows * s.heads * s.latent);
    const expand = random(s.heads * 77 * s.latent);
    const [out] = await launch(lab, 'mla_values', s, [x, expand], [s.rows * s.heads * s.valueDim]);
    const expected: number[] = [];
    for (let i = 0; i < s.rows * s.heads; i++)
      for (let v = 0; v < s.valueDim; v++) {
        let sum = 0;
        for (let l = 0; l < s.latent; l++)
          sum += expand[((i % s.heads) * 77 + 10 + v) * s.latent + l]! * x[i * s.latent + l]!;
        expected.push(sum);
      }
    return relativeError(floats(out!), expected);
  }),
  plain('draw_normal', async (lab) => {
    const count = 40_000;
    const sizes = {
      rows: count,
      first: 3,
      stream: below(1e9),
      scale: 0.5,
      cols: 200,
      firstRow: 0,
      firstCol: 0,
      ownCols: 200,
    };
    const [out, again] = await Promise.all(
      [0, 1].map(
        async (more) =>
          (await launch(lab, 'draw_normal', { ...sizes, stream: sizes.stream + more }, [], [count + 7]))[0]!,
      ),
    );
    const values = floats(out!).slice(3, count + 3);
    // A part of the matrix, rows 5 to 104 and columns 30 to 66, holds what the whole holds there.
    const cut = { ...sizes, rows: 100 * 37, first: 0, firstRow: 5, firstCol: 30, ownCols: 37 };
    const [part] = await launch(lab, 'draw_normal', cut, [], [cut.rows]);
    const asInWhole = floats(part!).every(
      (value, i) => value === values[(5 + Math.floor(i / 37)) * 200 + 30 + (i % 37)],
    );
    const untouched = [0, 1, 2, count + 3, count + 6].every((i) => out![i] === POISON);
    const other = floats(again!).slice(3, count + 3);
    const mean = (of: (i: number) => number) => values.reduce((sum, _, i) => sum + of(i), 0) / count;
    // Mean 0, variance 1/4, fourth moment 3/16, no correlation with the neighbour or with the next stream: within 5
    // standard errors.
    const off = [
      mean((i) => values[i]!) / 0.5,
      (mean((i) => values[i]! ** 2) - 0.25) / (0.25 * Math.SQRT2),
      (mean((i) => values[i]! ** 4) - 0.1875) / (0.0625 * Math.sqrt(96)),
      mean((i) => values[i]! * values[(i + 1) % count]!) / 0.25,
      mean((i) => values[i]! * other[i]!) / 0.25,
    ].map((x) => Math.abs(x) * Math.sqrt(count));
    return asInWhole && untouched && off.every((errors) => errors < 5) ? 0 : Number.POSITIVE_INFINITY;
  }),
  plain('mla_keys', async (lab) => {
    const s = { rows: 9, heads: 3, nope: 10, rotated: 6, valueDim: 7, latent: 5 };
    const expanded = random(s.rows * s.heads * (s.nope + s.valueDim));
    const compressed = random(s.rows * (s.latent + s.rotated));
    const position = integers(s.rows, 4);
    const table = random(4 * s.rotated);
    const keyDim = s.nope + s.rotated;
    const q = random(s.rows * s.heads * keyDim);
    const [keys, values, queries] = await launch(
      lab,
      'mla_keys',
      s,
      [expanded, compressed, q, position, table],
      [s.rows * s.heads * keyDim, s.rows * s.heads * s.valueDim, s.rows * s.heads * keyDim],
    );
    const expectedKeys: number[] = [];
    const expectedValues: number[] = [];
    const expectedQueries: number[] = [];
    for (let i = 0; i < s.rows * s.heads; i++) {
      const row = Math.floor(i / s.heads);
      const own = Array.from(expanded.slice(i * (s.nope + s.valueDim), (i + 1) * (s.nope + s.valueDim)));
      const shared = Array.from(
        compressed.slice(row * (s.latent + s.rotated) + s.latent, (row + 1) * (s.latent + s.rotated)),
      );
      expectedKeys.push(...own.slice(0, s.nope), ...reference.rotate(shared, position[row]!, table, true));
      expectedValues.push(...own.slice(s.nope));
      const query = Array.from(q.slice(i * keyDim, (i + 1) * keyDim));
      expectedQueries.push(
        ...query.slice(0, s.nope),
        ...reference.rotate(query.slice(s.nope), position[row]!, table, true),
      );
    }
    return Math.max(
      relativeError(floats(keys!), expectedKeys),
      relativeError(floats(values!), expectedValues),
      relativeError(floats(queries!), expectedQueries),
    );
  }),
  ...WIRE_CASES,
];
