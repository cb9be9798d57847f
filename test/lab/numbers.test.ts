import { expect, test } from 'vitest';
import { argmax, crossEntropy, mean, mediansOf, relativeError, sumOf } from '../../src/lab/statistics/numbers';

test('a relative error is of the second list’s size, and what cannot be compared is as far off as can be', () => {
  expect(relativeError([3, 4], [3, 4])).toBe(0);
  expect(relativeError([0, 0], [0, 0])).toBe(0);
  expect(relativeError([6, 4], [3, 4])).toBe(0.6);
  expect(relativeError([3, -4], [0, 4])).toBe(Math.sqrt(73) / 4);
  expect(relativeError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([Number.NaN], [1])).toBeNaN();
});

test('cross-entropy is of the next token, however large logits are', () => {
  // Rows of three logits for three tokens; of the last row nothing is next.
  const logits = Float32Array.from([0, 0, Math.log(2), 1000, 1000, 1000, 5, 6, 7]);
  const { sum, count } = crossEntropy(logits, [1, 2, 0]);
  expect(count).toBe(2);
  // Token 2 has half of 1 + 1 + 2, token 0 a third.
  expect(sum).toBeCloseTo(Math.log(2) + Math.log(3), 6);
});

test('the first of the largest, means, sums and medians by key', () => {
  expect([argmax([1, 3, 2, 3]), argmax([5, 1]), argmax([1, 1, 2])]).toEqual([1, 0, 2]);
  expect(mean(4, (i) => i * i)).toBe(3.5);
  expect(sumOf(new Set([1, 2, 4]))).toBe(7);
  const maps = [
    new Map([
      [1, 5],
      [2, 9],
    ]),
    new Map([[1, 7]]),
    new Map([[1, 6]]),
  ];
  expect(mediansOf(maps)).toEqual(
    new Map([
      [1, 6],
      [2, 0],
    ]),
  );
});
