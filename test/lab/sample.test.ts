import { expect, test } from 'vitest';
import { sample } from '../../src/lab/experiments/generation/sample';
import { seededRandom } from '../../src/lab/statistics/random';

const logits = Float32Array.from([0, 3, 1, 2, -4]);
const draw = (count: number, temperature: number, topK: number, topP: number, seed = 1) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => sample(logits, { temperature, topK, topP }, random));
};

test('temperature 0 is the most likely token', () => {
  expect(draw(5, 0, 0, 1)).toEqual([1, 1, 1, 1, 1]);
});

test('a seed gives the same tokens, another one others', () => {
  expect(draw(40, 1, 0, 1, 3)).toEqual(draw(40, 1, 0, 1, 3));
  expect(draw(40, 1, 0, 1, 3)).not.toEqual(draw(40, 1, 0, 1, 4));
});

test.each([
  [1, 0, 1],
  [0.5, 0, 1],
  [2, 3, 1],
  [1, 0, 0.7],
  [1.5, 4, 0.8],
])('temperature %f, top-k %i, top-p %f draw with the probabilities of their definition', (temperature, topK, topP) => {
  // Plainly: softmax of the topK largest, cut after the first that brings their sum to topP, scaled to 1 again.
  const sorted = [...logits].map((logit, id) => ({ id, p: Math.exp(logit / temperature) })).sort((a, b) => b.p - a.p);
  const top = topK > 0 ? sorted.slice(0, topK) : sorted;
  const total = top.reduce((sum, { p }) => sum + p, 0);
  let before = 0;
  const nucleus = top.filter(({ p }) => {
    const kept = before < topP * total;
    before += p;
    return kept;
  });
  const mass = nucleus.reduce((sum, { p }) => sum + p, 0);
  const count = 20_000;
  const found = new Map<number, number>();
  for (const id of draw(count, temperature, topK, topP)) found.set(id, (found.get(id) ?? 0) + 1);
  expect([...found.keys()].every((id) => nucleus.some((one) => one.id === id))).toBe(true);
  for (const { id, p } of nucleus) {
    const expected = p / mass;
    expect(Math.abs((found.get(id) ?? 0) / count - expected)).toBeLessThan(
      5 * Math.sqrt((expected * (1 - expected)) / count) + 1e-3,
    );
  }
});
