import { beforeAll, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/setup/lab';
import { relativeError } from '../../src/lab/statistics/numbers';
import { openLab } from '../support';
import { centralDifferences } from './central_differences';
import { floats, integers, launch, random, update } from './launch_kernel';
import { KERNEL_TOLERANCE } from './tolerance';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});

const agree = (found: Uint32Array, expected: ArrayLike<number>, what?: string) =>
  expect(relativeError(floats(found), expected), what).toBeLessThanOrEqual(KERNEL_TOLERANCE);

test('a step of AdamW agrees with float64, as PyTorch writes it; and so does one by changes', async () => {
  const [rows, width, rate, t, at] = [7, 301, 0.01, 3, 5];
  const [beta1, beta2, eps, decay] = [Math.fround(0.9), Math.fround(0.95), 1e-8, Math.fround(0.1)];
  const count = rows * width;
  const [gradient, weight, mean] = [random(at + count), random(count), random(count)];
  const square = random(count).map(Math.abs);
  const step = Float32Array.of(rate, 1 - beta1 ** t, 1 - beta2 ** t, 0.5);
  const g = Float64Array.from(gradient.slice(at), (value) => value * 0.5);
  const means = g.map((value, i) => beta1 * mean[i]! + (1 - beta1) * value);
  const squares = g.map((value, i) => beta2 * square[i]! + (1 - beta2) * value * value);
  const changes = means.map(
    (own, i) => -(rate / (1 - beta1 ** t)) * (own / (Math.sqrt(squares[i]! / (1 - beta2 ** t)) + eps)),
  );
  const weights = changes.map((change, i) => weight[i]! * (1 - rate * decay) + change);
  const sizes = { rows, width, at, beta1, beta2, eps, decay };
  const [w, m, v] = await update(lab, 'adamw', sizes, [gradient, step], [weight, mean, square]);
  agree(w!, weights);
  agree(m!, means);
  agree(v!, squares);
  const shard = [gradient.slice(at), step];
  const [c, sharded, of] = await update(lab, 'adamw_change', { rows, width, beta1, beta2, eps }, shard, [
    random(count),
    mean,
    square,
  ]);
  agree(c!, changes);
  agree(sharded!, means);
  agree(of!, squares);
  const gathered = Float32Array.from([...random(at), ...changes]);
  const [applied] = await update(lab, 'apply_change', { rows, width, at, decay }, [gathered, step], [weight]);
  agree(applied!, weights);
});

test.each([0, 1])('gradients are added to a part of a sum, or begin it (begun: %i)', async (begun) => {
  const [rows, width, at] = [3, 67, 9];
  const [x, sum] = [random(rows * width), random(at + rows * width + 4)];
  // What was there before a step counts for nothing, whatever it was.
  if (!begun) sum.fill(Number.NaN, at, at + rows * width);
  const [out] = await update(lab, 'accumulate', { rows, width, at }, [x, Float32Array.of(begun)], [sum]);
  const expected = sum.map((value, i) => {
    const own = x[i - at];
    return own === undefined ? value : own + (begun ? value : 0);
  });
  expect(floats(out!)).toEqual(expected);
});

test.each([0.5, 100])('gradients are held to a norm of %f', async (limit) => {
  const [rows, width, at, scale] = [9, 7001, 1, 0.25];
  const [x, before] = [random(rows * width), random(512).map(Math.abs)];
  const [parts] = await update(lab, 'sum_squares', { rows, width, at, scale }, [x], [before]);
  const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
  const own = scale * x.reduce((sum, value) => sum + value * value, 0);
  agree(parts!.slice(0, 256), before.slice(0, 256));
  expect(total(floats(parts!.slice(256))) / own).toBeCloseTo(1, 5);
  const norm = 0.5 * Math.sqrt(total(before.slice(0, 256)) + own);
  const step = Float32Array.of(0.1, 0.2, 0.3, 0.5);
  const [clipped, found] = await launch(lab, 'clip_step', { rows: 2, limit }, [floats(parts!), step], [4, 1]);
  agree(found!, [norm]);
  agree(clipped!, [0.1, 0.2, 0.3, 0.5 * Math.min(1, limit / norm)]);
});

test.each([1, 2, 3])('the sum of what ranks share, rank %i of 4, two and two', async (rank) => {
  const sizes = { rows: 5, width: 67, parts: 4, share: 2, rank };
  const x = random(4 * 5 * 67);
  const [out] = await launch(lab, 'sum_shared', sizes, [x], [5 * 67]);
  const first = rank < 2 ? 0 : 2;
  const part = (of: number) => x.slice(of * 335, (of + 1) * 335);
  expect(floats(out!)).toEqual(part(first).map((value, i) => value + part(first + 1)[i]!));
});

/** Of each row the row that its sequence begins with. */
const firsts = (lengths: readonly number[]): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(
    lengths.flatMap((length, i) => new Array<number>(length).fill(lengths.slice(0, i).reduce((a, b) => a + b, 0))),
  );

test('pairs are counted by expert, and biases follow them', async () => {
  const [rows, experts, topK, rate, at] = [701, 19, 3, 0.01, 2];
  const ids = integers(rows * topK, experts);
  const counts = new Float32Array(experts);
  for (const id of ids) counts[id]!++;
  const [found] = await launch(lab, 'expert_counts', { rows, experts, topK }, [ids], [experts]);
  expect(floats(found!)).toEqual(counts);
  const bias = random(experts);
  const all = Float32Array.from([...random(at), ...counts]);
  const [moved] = await update(lab, 'balance_bias', { experts, at, rate }, [all], [bias]);
  const mean = (rows * topK) / experts;
  agree(
    moved!,
    bias.map((own, e) => own + rate * Math.sign(mean - counts[e]!)),
  );
  const [none] = await launch(lab, 'expert_counts', { rows: 0, experts, topK }, [new Uint32Array(0)], [experts]);
  expect(floats(none!)).toEqual(new Float32Array(experts));
});

test.each([0, 1])('the loss of a router that is not balanced, and its gradient (scoring %i)', async (scoring) => {
  const [experts, topK, factor] = [70, 3, 0.3];
  const lengths = [1, 130, 6];
  const first = firsts(lengths);
  const rows = first.length;
  const ids = integers(rows * topK, experts);
  const [counts] = await launch(lab, 'sequence_counts', { rows, experts, topK }, [ids, first], [rows * experts]);
  const expected = new Uint32Array(rows * experts);
  for (const [i, id] of ids.entries()) expected[first[Math.floor(i / topK)]! * experts + id]!++;
  expect(counts).toEqual(expected);
  const [logits, weights] = [random(rows * experts).map((x) => 3 * x), random(rows)];
  const sizes = { rows, experts, scoring, factor };
  const inputs = [logits, counts as Uint32Array<ArrayBuffer>, first, weights];
  const [losses, d] = await launch(lab, 'balance_loss', sizes, inputs, [rows, rows * experts]);
  const lengthOf = (begin: number) => lengths.find((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0) === begin)!;
  const of = (row: number, own: ArrayLike<number>): number => {
    const scores = Array.from(own, (x) => (scoring === 0 ? Math.exp(x) : 1 / (1 + Math.exp(-x))));
    const sum = scores.reduce((a, b) => a + b, 0);
    const pairs = lengthOf(first[row]!) * topK;
    const share = (e: number) => (experts / pairs) * expected[first[row]! * experts + e]!;
    return factor * weights[row]! * scores.reduce((all, score, e) => all + (share(e) * score) / sum, 0);
  };
  const rowOf = (row: number) => Float64Array.from(logits.slice(row * experts, (row + 1) * experts));
  const own = Array.from({ length: rows }, (_, row) => of(row, rowOf(row)));
  agree(losses!, own);
  const gradients = own.flatMap((_, row) => {
    const values = rowOf(row);
    return [...centralDifferences(values, () => of(row, values))];
  });
  agree(d!, gradients);
});

test('the squared distance of two, and its gradient', async () => {
  const [rows, width, factor] = [5, 131, 0.2];
  const [x, wanted, weights] = [random(rows * width), random(rows * width), random(rows)];
  const [losses, d] = await launch(
    lab,
    'squared_distance',
    { rows, width, factor },
    [x, wanted, weights],
    [rows, rows * width],
  );
  const own = (row: number) => factor * weights[row]!;
  const difference = (i: number) => x[i]! - wanted[i]!;
  agree(
    losses!,
    Array.from({ length: rows }, (_, row) => {
      const all = Array.from({ length: width }, (_, c) => difference(row * width + c) ** 2);
      return own(row) * all.reduce((a, b) => a + b, 0);
    }),
  );
  agree(
    d!,
    x.map((_, i) => 2 * own(Math.floor(i / width)) * difference(i)),
  );
});

test('cross-entropy in chunks of the vocabulary is that of all of it', async () => {
  const [rows, width, first] = [6, 301, 130];
  const logits = random(rows * width).map((x) => 9 * x);
  const targets = Uint32Array.from({ length: rows }, (_, row) => (row * 97) % width);
  const weights = Float32Array.from({ length: rows }, (_, row) => (row === 3 ? 0 : 0.25 + row));
  const columns = (from: number, count: number) =>
    Float32Array.from({ length: rows * count }, (_, i) => logits[Math.floor(i / count) * width + from + (i % count)]!);
  const chunks = [
    { first: 0, width: first },
    { first, width: width - first },
  ];
  const parts: Float32Array<ArrayBuffer>[] = [];
  for (const { first, width } of chunks)
    parts.push(
      floats(
        (await launch(lab, 'softmax_part', { rows, width, first }, [columns(first, width), targets], [rows * 3]))[0]!,
      ),
    );
  const [joined] = await launch(lab, 'join_softmax', { rows }, parts, [rows * 3]);
  const [losses] = await launch(lab, 'softmax_loss', { rows }, [floats(joined!), weights], [rows]);
  const whole = await launch(lab, 'cross_entropy', { rows, width }, [logits, targets, weights], [rows, rows * width]);
  agree(losses!, floats(whole[0]!));
  const dLogits = floats(whole[1]!);
  for (const { first, width: count } of chunks) {
    const inputs = [columns(first, count), targets, weights, floats(joined!)];
    const [d] = await launch(lab, 'softmax_part_grad', { rows, width: count, first }, inputs, [rows * count]);
    agree(
      d!,
      Float32Array.from(
        { length: rows * count },
        (_, i) => dLogits[Math.floor(i / count) * width + first + (i % count)]!,
      ),
    );
  }
});
