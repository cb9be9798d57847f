import type { Lab } from '../../src/lab/lab';
import { relativeError } from '../../src/lab/numbers';
import { KERNEL_SIZES, type KernelName, type SizesOf } from '../../src/program/program';
import * as reference from '../reference';

type Data = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A kernel on fresh random inputs of odd sizes: `run` answers the largest relative error of its outputs; Infinity when integers differ. */
export type KernelCase = { readonly name: string; readonly run: (lab: Lab) => Promise<number> };

const POISON = 0x7fc0dead; // a NaN, so that an element left unwritten shows

/** Runs one kernel over poisoned outputs of the lengths given; they come back as uint32, as they are. */
async function launch<K extends KernelName>(
  lab: Lab,
  kernel: K,
  sizes: SizesOf<K, number>,
  inputs: readonly Data[],
  lengths: readonly number[],
): Promise<Uint32Array[]> {
  const { engine } = lab;
  const { device } = engine.gpu;
  const pool = engine.createPool();
  await engine.launcher.prepare([kernel]);
  const buffers = [...inputs, ...lengths.map((length) => new Uint32Array(Math.max(4, length)).fill(POISON))].map((data) => pool.hold(data));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  engine.launcher.record(
    pass,
    engine.launcher.bind(
      kernel,
      KERNEL_SIZES[kernel].map((size) => (sizes as Readonly<Record<string, number>>)[size]!),
      buffers,
    ),
  );
  pass.end();
  const map = engine.readback.record(
    encoder,
    lengths.map((length, i) => ({ buffer: buffers[inputs.length + i]!.buffer, offset: 0, bytes: 4 * length })),
  );
  device.queue.submit([encoder.finish()]);
  const outputs = (await map()).map((bytes) => new Uint32Array(bytes));
  pool.destroy();
  return outputs;
}

const floats = (bits: Uint32Array) => new Float32Array(bits.buffer, bits.byteOffset, bits.length);
const random = (length: number) => Float32Array.from({ length }, () => 2 * Math.random() - 1);
const below = (n: number) => Math.floor(Math.random() * n);
const integers = (length: number, n: number) => Uint32Array.from({ length }, () => below(n));
const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((x, i) => x === b[i]) ? 0 : Number.POSITIVE_INFINITY;

function gemm(rows: number, inner: number, cols: number): KernelCase {
  return {
    name: `gemm ${rows} × ${inner} × ${cols}`,
    async run(lab) {
      const x = random(rows * inner);
      const weight = random(cols * inner);
      const [out] = await launch(lab, 'gemm', { rows, inner, cols }, [x, weight], [rows * cols]);
      return relativeError(floats(out!), reference.product(x, weight, rows, inner, cols));
    },
  };
}

function groupedGemm(counts: readonly number[], inner: number, cols: number, gather: boolean): KernelCase {
  return {
    name: `grouped_gemm [${counts}] × ${inner} × ${cols}${gather ? ', gathered' : ''}`,
    async run(lab) {
      const pairs = counts.reduce((a, b) => a + b, 0);
      const stride = inner + (gather ? 3 : 0);
      const rows = gather ? 11 : pairs;
      const x = random(rows * stride);
      const pairRow = gather ? integers(pairs, rows) : Uint32Array.from({ length: pairs }, () => 99999);
      const offsets = Uint32Array.from([0, ...counts.map((_, e) => counts.slice(0, e + 1).reduce((a, b) => a + b, 0))]);
      const weight = random(counts.length * cols * inner);
      const [out] = await launch(
        lab,
        'grouped_gemm',
        { pairs, inner, cols, groups: counts.length, stride, gather: gather ? 1 : 0 },
        [x, pairRow, offsets, weight],
        [pairs * cols],
      );
      const expected: number[] = [];
      counts.forEach((count, e) => {
        for (let i = 0; i < count; i++) {
          const pair = offsets[e]! + i;
          const row = gather ? pairRow[pair]! : pair;
          expected.push(
            ...reference.product(
              x.slice(row * stride, row * stride + inner),
              weight.slice(e * cols * inner, (e + 1) * cols * inner),
              1,
              inner,
              cols,
            ),
          );
        }
      });
      return relativeError(floats(out!), expected);
    },
  };
}

function attention(lengths: readonly number[], heads: number, kvHeads: number, keyDim: number, valueDim: number): KernelCase {
  return {
    name: `attention [${lengths}] tokens, ${heads}/${kvHeads} heads of ${keyDim}, ${valueDim}`,
    async run(lab) {
      const rows = lengths.reduce((a, b) => a + b, 0);
      const start = Uint32Array.from(lengths.flatMap((n, i) => new Array(n).fill(lengths.slice(0, i).reduce((a, b) => a + b, 0))));
      const sizes = { rows, heads, kvHeads, keyDim, valueDim, scale: Math.fround(3 * keyDim ** -0.5) };
      const q = random(rows * heads * keyDim);
      const k = random(rows * kvHeads * keyDim);
      const v = random(rows * kvHeads * valueDim);
      const [out] = await launch(lab, 'attention', sizes, [q, k, v, start], [rows * heads * valueDim]);
      return relativeError(floats(out!), reference.attention(q, k, v, start, sizes));
    },
  };
}

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
        expected.push(...head.slice(0, kept), ...reference.rotate(head.slice(kept), position[Math.floor(i / heads)]!, table, interleaved));
      }
      return relativeError(floats(out!), expected);
    },
  };
}

function topK(rows: number, experts: number, k: number, normalise: boolean, ties: boolean): KernelCase {
  return {
    name: `router_topk ${k} of ${experts}, ${rows} rows${normalise ? ', normalised' : ''}${ties ? ', with ties' : ''}`,
    async run(lab) {
      const logits = ties ? Float32Array.from({ length: rows * experts }, () => below(3)) : random(rows * experts);
      const [ids, weights] = await launch(
        lab,
        'router_topk',
        { rows, experts, topK: k, normalise: normalise ? 1 : 0, scale: 1.75 },
        [logits],
        [rows * k, rows * k],
      );
      const expected = reference.topK(logits, rows, experts, k, normalise, 1.75);
      return same(ids!, expected.ids) + relativeError(floats(weights!), expected.weights);
    },
  };
}

function plain(name: KernelName, run: KernelCase['run']): KernelCase {
  return { name, run };
}

export const KERNEL_CASES: readonly KernelCase[] = [
  gemm(1, 5, 3),
  gemm(33, 70, 65),
  gemm(67, 129, 131),
  groupedGemm([0, 3, 70, 0, 33], 37, 65, true),
  groupedGemm([32, 0, 1], 64, 9, false),
  groupedGemm([0, 0], 8, 8, false),
  attention([5], 3, 3, 24, 16),
  attention([1, 67, 130], 4, 2, 40, 33),
  attention([70], 2, 1, 16, 200),
  rope(7, 3, 24, 8, true),
  rope(5, 2, 16, 16, false),
  topK(67, 8, 3, false, false),
  topK(130, 17, 5, true, true),
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
  plain('rmsnorm', async (lab) => {
    const x = random(13 * 150);
    const weight = random(131);
    const [out] = await launch(lab, 'rmsnorm', { rows: 13, width: 131, stride: 150, eps: 1e-3 }, [x, weight], [13 * 131]);
    return relativeError(floats(out!), reference.rmsnorm(x, weight, 13, 131, 150, 1e-3));
  }),
  plain('swiglu', async (lab) => {
    const x = random(2 * 11 * 37).map((value) => value * 20);
    const [out] = await launch(lab, 'swiglu', { rows: 11, width: 37 }, [x], [11 * 37]);
    return relativeError(floats(out!), reference.swiglu(x, 11, 37));
  }),
  plain('add', async (lab) => {
    const [a, b] = [random(11 * 37), random(11 * 37)];
    const [out] = await launch(lab, 'add', { rows: 11, width: 37 }, [a, b], [11 * 37]);
    return relativeError(
      floats(out!),
      a.map((value, i) => value + b[i]!),
    );
  }),
  plain('mla_keys', async (lab) => {
    const s = { rows: 9, heads: 3, nope: 10, rotated: 6, valueDim: 7, latent: 5 };
    const expanded = random(s.rows * s.heads * (s.nope + s.valueDim));
    const compressed = random(s.rows * (s.latent + s.rotated));
    const position = integers(s.rows, 4);
    const table = random(4 * s.rotated);
    const [keys, values] = await launch(
      lab,
      'mla_keys',
      s,
      [expanded, compressed, position, table],
      [s.rows * s.heads * (s.nope + s.rotated), s.rows * s.heads * s.valueDim],
    );
    const expectedKeys: number[] = [];
    const expectedValues: number[] = [];
    for (let i = 0; i < s.rows * s.heads; i++) {
      const row = Math.floor(i / s.heads);
      const own = Array.from(expanded.slice(i * (s.nope + s.valueDim), (i + 1) * (s.nope + s.valueDim)));
      const shared = Array.from(compressed.slice(row * (s.latent + s.rotated) + s.latent, (row + 1) * (s.latent + s.rotated)));
      expectedKeys.push(...own.slice(0, s.nope), ...reference.rotate(shared, position[row]!, table, true));
      expectedValues.push(...own.slice(s.nope));
    }
    return Math.max(relativeError(floats(keys!), expectedKeys), relativeError(floats(values!), expectedValues));
  }),
];
