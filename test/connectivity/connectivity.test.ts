import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readsOf, SUB_BLOCKS, type Term, termsOf } from '../../src/connectivity/connectivity';
import { farskipTable, parseSwitches } from '../../src/connectivity/farskip';
import { METHOD_IDS, METHODS, nameOfMethod, tableOf } from '../../src/connectivity/methods';
import { reducedTogether } from '../../src/connectivity/reduced_together';
import { parseConfig } from '../../src/model/config';
import type { ModelSpec } from '../../src/model/spec';
import { InputError } from '../../src/words/error';
import { english } from '../../src/words/phrase';
import { anyTableOf } from './tables';

const spec = parseConfig(JSON.parse(readFileSync('public/models/reference/config.json', 'utf8')));

test('regular sub-blocks read the whole stream before them', () => {
  const table = tableOf('regular', spec);
  expect(table.every(({ attention, shared, routed }) => attention.length + shared.length + routed.length === 0)).toBe(
    true,
  );
  expect(readsOf(spec, table, 1, 'routed')).toEqual(['embedding', 'attention.0', 'shared.0', 'attention.1']);
});

test('FarSkip attention leaves out the last routed experts, feed-forward its own attention', () => {
  const table = tableOf('farskip', spec);
  // Layer 0 is dense, so layer 1 has no routed experts before it.
  expect(table[0]).toEqual({ attention: [], shared: ['attention.0'], routed: ['attention.0'] });
  expect(table[1]).toEqual({ attention: [], shared: ['attention.1'], routed: ['attention.1'] });
  expect(table[2]).toEqual({ attention: ['routed.1'], shared: ['attention.2'], routed: ['attention.2'] });
});

test('the first FarSkip layer after regular ones already leaves out the routed experts before it', () => {
  const table = tableOf('last:2', spec);
  expect(table.map(({ attention }) => attention)).toEqual([[], [], [], ['routed.2'], ['routed.3']]);
  // Of five layers the half is the last three.
  expect(tableOf('last_half', spec)).toEqual(tableOf('last:3', spec));
});

test('the switches by config name', () => {
  const table = (json: object) => farskipTable(spec, parseSwitches(json, spec));
  expect(table({ farskip: true, attn_only_farskip: true })[2]).toEqual({
    attention: ['routed.1'],
    shared: [],
    routed: [],
  });
  expect(table({ farskip: true, mlp_only_farskip: true })[2]!.attention).toEqual([]);
  expect(table({ farskip: true, farskip_end_idx: 1 })[2]!.attention).toEqual([]);
  expect(table({})).toEqual(tableOf('regular', spec));
  expect(tableOf('first:2', spec)).toEqual(table({ farskip: true, farskip_end_idx: 1 }));
  expect(tableOf('last:0', spec)).toEqual(table({}));
  // The public model's default, as transformers saves it: up to the last layer.
  for (const farskip_end_idx of [10_000, 1e30, null])
    expect(table({ farskip: true, farskip_end_idx })).toEqual(tableOf('farskip', spec));
  expect(table({ farskip: true, farskip_start_idx: 1e30, farskip_end_idx: 1e30 })).toEqual(table({}));
});

test.each([
  [{ farskip: 'yes' }, /farskip/],
  [{ farskip: true, farskip_end_idx: 1.5 }, /farskip_end_idx: it should be a whole number/],
  [{ farskip: true, farskip_start_idx: -1 }, /farskip_start_idx: it should be at least 0/],
  [{ farskip: true, attn_only_farskip: true, mlp_only_farskip: true }, /exclude each other/],
])('switches %j are refused', (json, sentence) => {
  expect(() => parseSwitches(json, spec)).toThrow(InputError);
  expect(() => parseSwitches(json, spec)).toThrow(sentence);
});

test('a connectivity that is not known is refused with the known ones', () => {
  expect(() => tableOf('sideways', spec)).toThrow(/known are regular, farskip/);
  expect(() => tableOf('last:6', spec)).toThrow(/the model has 5/);
});

test('Ladder Residual leaves out what the sub-block before adds, shared experts too', () => {
  const table = tableOf('ladder', spec);
  // Layer 0 is dense: its MLP counts as its shared part.
  expect(table[0]).toEqual({ attention: [], shared: ['attention.0'], routed: ['attention.0'] });
  expect(table[1]!.attention).toEqual(['shared.0']);
  expect(table[2]).toEqual({ attention: ['shared.1', 'routed.1'], shared: ['attention.2'], routed: ['attention.2'] });
  expect(reducedTogether(spec, table)[2]).toEqual([['attention.2'], ['shared.2', 'routed.2']]);
});

test('methods are told apart by how they are written, and have names', () => {
  expect(new Set(METHOD_IDS).size).toBe(METHODS.length);
  for (const written of ['regular:2', 'last', 'last:', 'farskip ', ''])
    expect(() => tableOf(written, spec)).toThrow(InputError);
  expect(english(nameOfMethod('last:3'))).toBe('FarSkip, last layers (3)');
  expect(english(nameOfMethod('of a later version'))).toBe('of a later version');
});

/** The same model without shared experts. */
const unshared: ModelSpec = {
  ...spec,
  layers: spec.layers.map(({ attention, feedForward: f }) => ({
    attention,
    feedForward: f.kind === 'moe' ? { ...f, sharedInner: 0 } : f,
  })),
};

test.each([
  ['with shared experts', spec],
  ['without', unshared],
])('%s, terms are reduced together just where every reader takes them together, whatever is left out', (_, spec) => {
  fc.assert(
    fc.property(anyTableOf(spec), (table) => {
      const groups = reducedTogether(spec, table);
      const sets = spec.layers.flatMap((_, layer) =>
        SUB_BLOCKS.filter((block) => termsOf(spec, layer).includes(`${block}.${layer}`)).map((block) => ({
          layer,
          block,
          reads: new Set(readsOf(spec, table, layer, block)),
        })),
      );
      spec.layers.forEach((_, layer) => {
        expect(groups[layer]!.flat().sort()).toEqual([...termsOf(spec, layer)].sort());
        // Of its own layer, attention is there for the feed-forward block, which the other terms are of.
        const takes = (term: Term) =>
          sets
            .filter((set) => set.reads.has(term))
            .map((set) => `${set.block}.${set.layer}`)
            .join();
        const keys = groups[layer]!.map((group) => new Set(group.map(takes)));
        for (const key of keys) expect(key.size).toBe(1);
        expect(new Set(keys.map((key) => [...key][0])).size).toBe(keys.length);
      });
    }),
  );
});
