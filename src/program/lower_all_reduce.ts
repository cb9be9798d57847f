import { colsOfRow, wordsOfRow } from '../model/value_type';
import type { Builder } from './builder';
import { type Dim, times } from './dim';
import type { Shape, Spread } from './program';

/** Two bytes or four a value on the wire. */
export type WireFormat = 'f32' | 'bf16';

export type AllReducePlace = {
  readonly layer: number | null;
  /** Rows of the value, and of a rank's shard of it. */
  readonly rows: number | string;
  readonly shard: number | string;
  readonly width: number;
  readonly ranks: number;
  readonly wire: WireFormat;
  readonly algorithm: Spread['algorithm'];
  /** What is added up, for names. */
  readonly label: string;
};

/** Of a value that has a row a token. */
export const OF_TOKENS = { rows: 'tokens', shard: 'shard' } as const;

/** A row of `width` values on the wire. */
export const onWire = (width: number, wire: WireFormat): Pick<Shape, 'cols' | 'type'> => ({
  cols: colsOfRow(width, wire),
  type: wire,
});

/**
 * Adds up a value [rows, width] that each rank has a part of. Direct: everyone sends its part to everyone and adds
 * all up. Ring: each rank adds up a shard of the rows and hands the sum on; 2 (N - 1) / N instead of N - 1 times the
 * bytes, in more steps.
 */
export function lowerAllReduce(build: Builder, partial: string, at: AllReducePlace): string {
  if (at.ranks === 1) return partial;
  if (at.algorithm === 'ring') return lowerAllGather(build, lowerReduceScatter(build, partial, at), at);
  const parts = build.spread(
    {
      ...placeOf(at),
      kind: 'all-gather',
      algorithm: 'direct',
      name: 'All-reduce',
      input: pack(build, partial, at.rows, 'packed', at),
    },
    { name: nameIn(at, 'parts'), rows: times(at.rows, at.ranks), ...onWire(at.width, at.wire) },
  );
  return sumParts(build, parts, at.rows, 'sum', at);
}

/** The first half of a ring's all-reduce: each rank's shard of the sum, [shard, width]. */
export function lowerReduceScatter(build: Builder, partial: string, at: AllReducePlace): string {
  const parts = build.spread(
    {
      ...placeOf(at),
      kind: 'reduce-scatter',
      algorithm: at.algorithm,
      name: 'Reduce-scatter',
      input: pack(build, partial, at.rows, 'packed', at),
    },
    { name: nameIn(at, 'parts'), rows: times(at.shard, at.ranks), ...onWire(at.width, at.wire) },
  );
  return sumParts(build, parts, at.shard, 'shard', at);
}

/** The second: all of the rows, [rows, width], of a shard from each rank. */
export function lowerAllGather(build: Builder, shard: string, at: AllReducePlace): string {
  const { rows, width, wire } = at;
  const gathered = build.spread(
    {
      ...placeOf(at),
      kind: 'all-gather',
      algorithm: at.algorithm,
      name: 'All-gather',
      input: pack(build, shard, at.shard, 'packed shard', at),
    },
    { name: nameIn(at, 'gathered'), rows, ...onWire(width, wire) },
  );
  if (wire === 'f32') return gathered;
  return build.compute(
    placeOf(at),
    'from bf16',
    { kernel: 'unpack_bf16', sizes: { rows, width, stride: wordsOfRow(width, wire) } },
    { inputs: [gathered] },
    { name: nameIn(at, 'whole'), rows, cols: width },
  );
}

const placeOf = ({ layer }: AllReducePlace) => ({ block: 'all-reduce', layer }) as const;
const nameIn = ({ label }: AllReducePlace, part: string): string => `reduced ${label} ${part}`;

/** A value as it is to travel. */
function pack(build: Builder, x: string, rows: Dim, part: string, at: AllReducePlace): string {
  const { width, wire } = at;
  if (wire === 'f32') return x;
  return build.compute(
    placeOf(at),
    'to bf16',
    { kernel: 'pack_bf16', sizes: { rows, width } },
    { inputs: [x] },
    { name: nameIn(at, part), rows, ...onWire(width, wire) },
  );
}

/** The sum over ranks of what came from each. */
const sumParts = (build: Builder, parts: string, rows: Dim, part: string, at: AllReducePlace): string =>
  build.compute(
    placeOf(at),
    'sum of parts',
    { kernel: 'sum_parts', sizes: { rows, width: at.width, parts: at.ranks, packed: at.wire === 'bf16' ? 1 : 0 } },
    { inputs: [parts] },
    { name: nameIn(at, part), rows, cols: at.width },
  );
