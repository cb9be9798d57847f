import type { ModelSpec } from '../model/spec';
import { INPUTS } from '../program/program';

/** What a rank starts a run with: its own tokens, and the sizes that follow from them. */
export type Feed = {
  readonly inputs: ReadonlyMap<string, Uint32Array<ArrayBuffer>>;
  readonly symbols: ReadonlyMap<string, number>;
};

/**
 * Tokens of a sequence that follow one another, the first of them at position `from`. Keys of the sequence's position p
 * lie in row base + p: of this run's tokens, or of the cache.
 */
export type Segment = {
  readonly ids: readonly number[];
  readonly from: number;
  readonly base: number;
  /** By what its next token is drawn, in [0, 1); 0 where it is not drawn. */
  readonly draw?: number;
};

/** Whole sequences, whose keys are all of this run. */
export function wholeSequences(sequences: readonly (readonly number[])[]): Segment[] {
  let base = 0;
  return sequences.map((ids) => {
    const segment = { ids, from: 0, base };
    base += ids.length;
    return segment;
  });
}

/** In single precision. */
const BELOW_ONE = 1 - 2 ** -24;

/** Feed of one of `ranks` ranks with these segments, each of at least one token; none at all is fine. */
export function feedOf(rank: number, ranks: number, spec: ModelSpec, segments: readonly Segment[]): Feed {
  const tokens = segments.flatMap(({ ids, from, base }) => ids.map((id, i) => ({ id, position: from + i, base })));
  const chunk = spec.attentionChunk ?? Number.POSITIVE_INFINITY;
  const chunkStart = (position: number) => (spec.attentionChunk === null ? 0 : position - (position % chunk));
  const { temperature } = spec;
  const factorAt = (position: number) =>
    temperature ? 1 + temperature.scale * Math.log1p(Math.floor((position + 1) / temperature.floor)) : 1;
  let end = 0;
  const last = segments.map(({ ids }) => {
    end += ids.length;
    return end - 1;
  });
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const bits = (values: readonly number[]) => new Uint32Array(Float32Array.from(values).buffer);
  return {
    inputs: new Map([
      [INPUTS.ids, Uint32Array.from(tokens, ({ id }) => id)],
      [INPUTS.position, Uint32Array.from(tokens, ({ position }) => position)],
      [INPUTS.own, Uint32Array.from(tokens, ({ base, position }) => base + position)],
      [INPUTS.first, Uint32Array.from(tokens, ({ base }) => base)],
      [INPUTS.firstInChunk, Uint32Array.from(tokens, ({ base, position }) => base + chunkStart(position))],
      [INPUTS.temperature, bits(tokens.map(({ position }) => factorAt(position)))],
      [INPUTS.one, bits(tokens.map(() => 1))],
      [INPUTS.last, Uint32Array.from(last)],
      [INPUTS.draw, bits(segments.map(({ draw = 0 }) => Math.min(draw, BELOW_ONE)))],
    ]),
    symbols: new Map([
      ['tokens', tokens.length],
      ['sequences', segments.length],
      ['rank', rank],
      ['shard', shardRows(tokens.length, ranks, rank)],
      ['key rows', sum(segments.map(({ ids, from }) => from + ids.length))],
      ['keys', sum(tokens.map(({ position }) => position + 1))],
      ['keys in chunk', sum(tokens.map(({ position }) => position + 1 - chunkStart(position)))],
    ]),
  };
}

/** Rows that a rank answers for when `rows` are cut into a shard a rank, the last ones shorter or empty. */
const shardRows = (rows: number, ranks: number, rank: number): number => {
  const shard = Math.ceil(rows / ranks);
  return Math.max(0, Math.min(shard, rows - rank * shard));
};
