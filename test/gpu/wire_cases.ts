import { relativeError } from '../../src/lab/statistics/numbers';
import { type KernelName, PARTS } from '../../src/program/kernels';
import * as reference from '../reference';
import { below, type Data, floats, integers, type KernelCase, launch, POISON, random, same } from './launch_kernel';

const kernelCase = (name: KernelName, run: KernelCase['run']): KernelCase => ({ name, run });

/** How the kernels of a case run: by the variants that are usual here, or by the best that any device has. */
type Launch = typeof launch;
const byFirst: Launch = (lab, kernel, sizes, inputs, lengths) =>
  launch(lab, kernel, sizes, inputs, lengths, lab.engine.launcher.allFor(kernel, sizes)[0]);

/** Kernels that make what the wire carries, and read it: 16-bit rows, and the sums of an all-reduce. */
export const WIRE_CASES: readonly KernelCase[] = [
  // Both kernels, there and back, on columns by fours, and on an even and an odd number of them.
  ...[64, 66, 77].map((width) =>
    kernelCase(width === 64 ? 'pack_bf16' : 'unpack_bf16', async (lab) => {
      const rows = 49;
      const words = Math.ceil(width / 2);
      const stride = words + (width === 64 ? 4 : 3);
      const x = Float32Array.from({ length: rows * width }, () => (2 * Math.random() - 1) * 2 ** below(40) * 2 ** -20);
      x.set([0, -0, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8), 3.3e38, Number.POSITIVE_INFINITY]);
      const [packed] = await launch(lab, 'pack_bf16', { rows, width }, [x], [rows * words]);
      const wide = new Uint32Array(rows * stride).fill(POISON);
      for (let r = 0; r < rows; r++) wide.set(packed!.subarray(r * words, (r + 1) * words), r * stride);
      const [back] = await byFirst(lab, 'unpack_bf16', { rows, width, stride }, [wide], [rows * width]);
      return same(floats(back!), Array.from(x, reference.bf16));
    }),
  ),
  ...[0, 1].flatMap((packed) => [33, 36].map((width) => summedParts({ rows: 67, width, parts: 3, packed }))),
  // With it weigh_experts and unpermute: on bf16 rows and on f32 rows, of columns by fours and of any number.
  ...[
    { packed: 1, width: 21, run: launch },
    { packed: 1, width: 24, run: launch },
    { packed: 1, width: 24, run: byFirst },
    { packed: 0, width: 24, run: byFirst },
  ].map(({ packed, width, run }) => exchanged(packed, width, run)),
  // A workgroup has a row or none, two, some, and more than it has invocations; experts, too.
  ...[
    { rows: 50, topK: 4, stride: 4, at: 0, experts: 300 },
    { rows: 100, topK: 3, stride: 7, at: 2, experts: 5 },
    { rows: 1300, topK: 6, stride: 12, at: 4, experts: 5 },
    { rows: 9000, topK: 5, stride: 8, at: 0, experts: 5 },
  ].flatMap((places) => [countedPairs(places), sortedPairs(places)]),
];

/** Parts of an all-reduce, added up. */
function summedParts(s: Readonly<Record<'rows' | 'width' | 'parts' | 'packed', number>>): KernelCase {
  return {
    name: `sum_parts of ${s.width} columns${s.packed ? ', packed' : ''}`,
    call: { kernel: 'sum_parts', sizes: s },
    async run(lab, variant) {
      const rows = s.parts * s.rows;
      const x = random(rows * s.width);
      const packing = { rows, width: s.width };
      const packed = async () => (await launch(lab, 'pack_bf16', packing, [x], [rows * Math.ceil(s.width / 2)]))[0]!;
      const sent = s.packed ? await packed() : x;
      const [out] = await launch(lab, 'sum_parts', s, [sent as Data], [s.rows * s.width], variant);
      const given = Array.from(x, s.packed ? reference.bf16 : (value) => value);
      const expected = Array.from({ length: s.rows * s.width }, (_, i) =>
        [0, 1, 2].reduce((sum, part) => sum + given[part * s.rows * s.width + i]!, 0),
      );
      return relativeError(floats(out!), expected);
    },
  };
}

/** Rows whose slots have experts, each once, all of this rank's, three before and three after; all else is noise. */
function receivedRows({ rows, topK, stride, at, experts }: Places): Uint32Array<ArrayBuffer> {
  const received = integers(rows * stride, 2 ** 32);
  for (let row = 0; row < rows; row++) {
    const left = Array.from({ length: experts + 6 }, (_, expert) => expert);
    for (let slot = 0; slot < topK; slot++) received[row * stride + at + slot] = left.splice(below(left.length), 1)[0]!;
  }
  return received;
}
type Places = Readonly<Record<'rows' | 'topK' | 'stride' | 'at' | 'experts', number>>;

/** Pairs of each expert in each of 64 parts of the rows. */
function countedPairs(places: Places): KernelCase {
  const { rows, topK, stride, at, experts } = places;
  const sizes = { ...places, firstExpert: 3 };
  return {
    name: `pair_counts ${rows} rows of ${stride}, from ${at}`,
    call: { kernel: 'pair_counts', sizes },
    async run(lab, variant) {
      const received = receivedRows(places);
      const expected = new Uint32Array(experts * PARTS);
      for (let row = 0; row < rows; row++)
        for (let slot = 0; slot < topK; slot++) {
          const expert = received[row * stride + at + slot]! - 3;
          if (expert >= 0 && expert < experts) expected[expert * PARTS + Math.floor(row / Math.ceil(rows / PARTS))]!++;
        }
      const [counts] = await launch(lab, 'pair_counts', sizes, [received], [experts * PARTS], variant);
      return same(counts!, expected);
    },
  };
}

/** Pairs of rows and experts by expert, as a plain sort has them. */
function sortedPairs(places: Places): KernelCase {
  const { rows, topK, stride, at, experts } = places;
  const sizes = { ...places, firstExpert: 3 };
  return {
    name: `expert_plan ${rows} rows of ${stride}, from ${at}`,
    call: { kernel: 'expert_plan', sizes },
    async run(lab, variant) {
      const received = receivedRows(places);
      const pairs = Array.from({ length: rows * topK }, (_, i) => {
        const row = Math.floor(i / topK);
        return { i, row, expert: received[row * stride + at + (i % topK)]! - 3 };
      });
      const own = pairs
        .filter(({ expert }) => expert >= 0 && expert < experts)
        .sort((a, b) => a.expert - b.expert || a.row - b.row);
      const pairOf = new Uint32Array(rows * topK).fill(2 ** 32 - 1);
      for (const [pair, { i }] of own.entries()) pairOf[i] = pair;
      const offsets = Array.from({ length: experts + 1 }, (_, e) => own.filter(({ expert }) => expert < e).length);
      const lengths = [rows * topK, rows * topK, experts + 1];
      const [counts] = await launch(lab, 'pair_counts', sizes, [received], [experts * PARTS]);
      const out = await launch(lab, 'expert_plan', sizes, [received, counts as Data], lengths, variant);
      const rowsOf = own.map(({ row }) => row);
      return same(out[0]!.subarray(0, own.length), rowsOf) + same(out[1]!, pairOf) + same(out[2]!, offsets);
    },
  };
}

/** There and back, the same as plain arithmetic. */
function exchanged(packed: number, width: number, run: Launch): KernelCase {
  return kernelCase('permute', async (lab) => {
    // Two ranks: token t goes to rank 0 in row t, to rank 1 in row rows + t; experts 0, 1 are rank 0's, 2, 3 rank 1's.
    const s = { rows: 9, ranks: 2, experts: 4, topK: 2, width, packed };
    const words = packed ? Math.ceil(width / 2) : width;
    const asSent = packed ? reference.bf16 : (value: number) => value;
    const stride = words + 2 * s.topK;
    const x = random(s.rows * s.width);
    const ids = Uint32Array.from({ length: s.rows * 2 }, (_, i) => (i % 2 === 0 ? below(2) : 2 + below(2)));
    const weights = random(s.rows * 2);
    const rowOf = Uint32Array.from({ length: s.rows * 2 }, (_, i) => (i >> 1) + (i % 2) * s.rows);
    const [sent] = await run(lab, 'permute', s, [x, ids, weights, rowOf], [2 * s.rows * stride]);
    const unpacking = { rows: 2 * s.rows, width, stride };
    const arrived = packed
      ? floats((await run(lab, 'unpack_bf16', unpacking, [sent as Data], [2 * s.rows * width]))[0]!)
      : Array.from({ length: 2 * s.rows }, (_, row) => [
          ...floats(sent!).slice(row * stride, row * stride + width),
        ]).flat();
    const rounded = Array.from(x, asSent);
    let error = relativeError(arrived, [...rounded, ...rounded]);
    const slot = (row: number, column: number) => sent![row * stride + words + column]!;
    for (let t = 0; t < s.rows; t++)
      for (const rank of [0, 1]) {
        const row = t + rank * s.rows;
        if (slot(row, rank) !== ids[2 * t + rank] || slot(row, 1 - rank) !== 0xffffffff)
          error = Number.POSITIVE_INFINITY;
        if (floats(sent!)[row * stride + words + 2 + rank] !== weights[2 * t + rank]) error = Number.POSITIVE_INFINITY;
      }
    // Each received row has the pair of its own slot.
    const y = random(2 * s.rows * s.width);
    const pairOf = Uint32Array.from({ length: 4 * s.rows }, (_, i) =>
      i % 2 === (i >= 2 * s.rows ? 1 : 0) ? i >> 1 : 0xffffffff,
    );
    const weigh = { rows: 2 * s.rows, width: s.width, topK: 2, stride, at: words + 2, packed };
    const [weighed] = await run(lab, 'weigh_experts', weigh, [y, sent as Data, pairOf], [2 * s.rows * words]);
    const back = { rows: s.rows, ranks: 2, width: s.width, packed };
    const [out] = await run(lab, 'unpermute', back, [weighed as Data, rowOf], [s.rows * s.width]);
    const expected = Array.from({ length: s.rows * s.width }, (_, i) => {
      const t = Math.floor(i / s.width);
      return [0, 1].reduce(
        (sum, rank) => sum + asSent(Math.fround(weights[2 * t + rank]! * y[i + rank * s.rows * s.width]!)),
        0,
      );
    });
    return Math.max(error, relativeError(floats(out!), expected));
  });
}
