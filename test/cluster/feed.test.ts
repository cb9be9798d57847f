import { expect, test } from 'vitest';
import { feedOf, wholeSequences } from '../../src/cluster/feed';
import type { ModelSpec } from '../../src/model/spec';
import { INPUTS } from '../../src/program/program';

const spec = { attentionChunk: 4, temperature: { scale: 0.1, floor: 3 } } as ModelSpec;
const read = (feed: ReturnType<typeof feedOf>, name: string) => [...feed.inputs.get(name)!];

test('whole sequences lie one after the other, each seeing its own first key, or its chunk', () => {
  const feed = feedOf(
    1,
    3,
    spec,
    wholeSequences([
      [7, 8, 9, 10, 11, 12],
      [5, 6],
    ]),
  );
  expect(read(feed, INPUTS.ids)).toEqual([7, 8, 9, 10, 11, 12, 5, 6]);
  expect(read(feed, INPUTS.position)).toEqual([0, 1, 2, 3, 4, 5, 0, 1]);
  expect(read(feed, INPUTS.own)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(read(feed, INPUTS.first)).toEqual([0, 0, 0, 0, 0, 0, 6, 6]);
  expect(read(feed, INPUTS.firstInChunk)).toEqual([0, 0, 0, 0, 4, 4, 6, 6]);
  expect(read(feed, INPUTS.last)).toEqual([5, 7]);
  expect(Object.fromEntries(feed.symbols)).toEqual({
    tokens: 8,
    sequences: 2,
    rank: 1,
    shard: 3,
    keys: 24,
    'keys in chunk': 16,
    'key rows': 8,
  });
});

test('tokens that continue a sequence see the keys before them in the cache, and are tempered by their position', () => {
  const feed = feedOf(0, 1, spec, [{ ids: [1, 2], from: 3, base: 20 }]);
  expect(read(feed, INPUTS.position)).toEqual([3, 4]);
  expect(read(feed, INPUTS.own)).toEqual([23, 24]);
  expect(read(feed, INPUTS.first)).toEqual([20, 20]);
  expect(read(feed, INPUTS.firstInChunk)).toEqual([20, 24]);
  // Llama 4: 1 + 0.1 ln(1 + floor((p + 1) / 3)).
  const factor = new Float32Array(feed.inputs.get(INPUTS.temperature)!.buffer);
  expect([...factor]).toEqual([Math.fround(1 + 0.1 * Math.log(2)), Math.fround(1 + 0.1 * Math.log(2))]);
  expect(feed.symbols.get('keys')).toBe(9);
  expect(feed.symbols.get('keys in chunk')).toBe(5);
});

test('a model without chunks or temperature has neither', () => {
  const feed = feedOf(0, 1, { attentionChunk: null, temperature: null } as ModelSpec, [{ ids: [1], from: 9, base: 0 }]);
  expect(read(feed, INPUTS.firstInChunk)).toEqual([0]);
  expect(new Float32Array(feed.inputs.get(INPUTS.temperature)!.buffer)[0]).toBe(1);
});
