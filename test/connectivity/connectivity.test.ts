import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connectivityOf, readsOf } from '../../src/connectivity/connectivity';
import { namedSwitches, parseSwitches } from '../../src/connectivity/switches';
import { parseConfig } from '../../src/model/config';
import { InputError } from '../../src/words/error';

const spec = parseConfig(JSON.parse(readFileSync('public/models/reference/config.json', 'utf8')));

test('regular sub-blocks read the whole stream before them', () => {
  const table = connectivityOf(spec, namedSwitches('regular', spec));
  expect(table.every(({ attention, shared, routed }) => attention.length + shared.length + routed.length === 0)).toBe(
    true,
  );
  expect(readsOf(spec, table, 1, 'routed')).toEqual(['embedding', 'attention.0', 'shared.0', 'attention.1']);
});

test('FarSkip attention leaves out the last routed experts, feed-forward its own attention', () => {
  const table = connectivityOf(spec, namedSwitches('farskip', spec));
  // Layer 0 is dense, so layer 1 has no routed experts before it.
  expect(table[0]).toEqual({ attention: [], shared: ['attention.0'], routed: ['attention.0'] });
  expect(table[1]).toEqual({ attention: [], shared: ['attention.1'], routed: ['attention.1'] });
  expect(table[2]).toEqual({ attention: ['routed.1'], shared: ['attention.2'], routed: ['attention.2'] });
});

test('the first FarSkip layer after regular ones already leaves out the routed experts before it', () => {
  const table = connectivityOf(spec, namedSwitches('last:2', spec));
  expect(table.map(({ attention }) => attention)).toEqual([[], [], [], ['routed.2'], ['routed.3']]);
});

test('the switches by config name', () => {
  const table = (json: object) => connectivityOf(spec, parseSwitches(json, spec));
  expect(table({ farskip: true, attn_only_farskip: true })[2]).toEqual({
    attention: ['routed.1'],
    shared: [],
    routed: [],
  });
  expect(table({ farskip: true, mlp_only_farskip: true })[2]!.attention).toEqual([]);
  expect(table({ farskip: true, farskip_end_idx: 1 })[2]!.attention).toEqual([]);
  expect(table({})).toEqual(connectivityOf(spec, namedSwitches('regular', spec)));
  expect(namedSwitches('first:2', spec).farskip_end_idx).toBe(1);
});

test.each([
  [{ farskip: 'yes' }, /farskip/],
  [{ farskip: true, farskip_end_idx: 9 }, /last layer is 4/],
  [{ farskip: true, attn_only_farskip: true, mlp_only_farskip: true }, /exclude each other/],
])('switches %j are refused', (json, sentence) => {
  expect(() => parseSwitches(json, spec)).toThrow(InputError);
  expect(() => parseSwitches(json, spec)).toThrow(sentence);
});

test('a connectivity that is not known is refused with the known ones', () => {
  expect(() => namedSwitches('sideways', spec)).toThrow(/known are regular, farskip/);
  expect(() => namedSwitches('last:6', spec)).toThrow(/the model has 5/);
});
