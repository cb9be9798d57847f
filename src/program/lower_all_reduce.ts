import { colsOfRow, wordsOfRow } from '../model/value_type';
import type { Builder } from './builder';
import type { Shape, Spread } from './program';

/** Two bytes or four a value on the wire. */
export type WireFormat = 'f32' | 'bf16';

type AllReducePlace = {
  readonly layer: number;
  readonly width: number;
  readonly ranks: number;
  readonly wire: WireFormat;
  readonly algorithm: Spread['algorithm'];
  /** What is added up, for names. */
  readonly label: string;
};

/** A row of `width` values on the wire. */
export const onWire = (width: number, wire: WireFormat): Pick<Shape, 'cols' | 'type'> => ({
  cols: colsOfRow(width, wire),
  type: wire,
});

/**
 * Adds up a value [tokens, width] that each rank has a part of. Direct: everyone sends its part to everyone and adds
 * all up. Ring: each rank adds up a shard of the rows and hands the sum on; 2 (N - 1) / N instead of N - 1 times the
 * bytes, in more steps.
 */
export function lowerAllReduce(build: Builder, partial: string, at: AllReducePlace): string {
  const { layer, width, ranks, wire, algorithm, label } = at;
  if (ranks === 1) return partial;
  const place = { block: 'all-reduce', layer } as const;
  const row = onWire(width, wire);
  const name = (part: string) => `reduced ${label} ${part}`;
  const pack = (x: string, rows: string, part: string) =>
    wire === 'f32'
      ? x
      : build.compute(
          place,
          'to bf16',
          { kernel: 'pack_bf16', sizes: { rows, width } },
          { inputs: [x] },
          { name: name(part), rows, ...row },
        );
  const sum = (parts: string, rows: string, part: string) =>
    build.compute(
      place,
      'sum of parts',
      { kernel: 'sum_parts', sizes: { rows, width, parts: ranks, packed: wire === 'bf16' ? 1 : 0 } },
      { inputs: [parts] },
      { name: name(part), rows, cols: width },
    );

  const sent = pack(partial, 'tokens', 'packed');
  if (algorithm === 'direct') {
    const parts = build.spread(
      { ...place, kind: 'all-gather', algorithm, name: 'All-reduce', input: sent },
      { name: name('parts'), rows: { of: 'tokens', times: ranks }, ...row },
    );
    return sum(parts, 'tokens', 'sum');
  }
  const parts = build.spread(
    { ...place, kind: 'reduce-scatter', algorithm, name: 'Reduce-scatter', input: sent },
    { name: name('parts'), rows: { of: 'shard', times: ranks }, ...row },
  );
  const gathered = build.spread(
    {
      ...place,
      kind: 'all-gather',
      algorithm,
      name: 'All-gather',
      input: pack(sum(parts, 'shard', 'shard'), 'shard', 'packed shard'),
    },
    { name: name('gathered'), rows: 'tokens', ...row },
  );
  if (wire === 'f32') return gathered;
  return build.compute(
    place,
    'from bf16',
    { kernel: 'unpack_bf16', sizes: { rows: 'tokens', width, stride: wordsOfRow(width, wire) } },
    { inputs: [gathered] },
    { name: name('sum'), rows: 'tokens', cols: width },
  );
}
