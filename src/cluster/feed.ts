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
  const chunk = spec.attentionChunk ?? Number.POSITIVE_INFINITY;
  const chunkStart = (position: number) => (spec.attentionChunk === null ? 0 : position - (position % chunk));
  const { temperature } = spec;
  const factorAt = (position: number) =>
    temperature ? 1 + temperature.scale * Math.log1p(Math.floor((position + 1) / temperature.floor)) : 1;
  const count = segments.reduce((sum, { ids }) => sum + ids.length, 0);
  const ofTokens = () => new Uint32Array(count);
  const [ids, positions, own, first, firstInChunk] = [ofTokens(), ofTokens(), ofTokens(), ofTokens(), ofTokens()];
  const factors = new Float32Array(count);
  const last = new Uint32Array(segments.length);
  let [token, keyRows, keys, keysInChunk] = [0, 0, 0, 0];
  // A loop, not a list of tokens: a batch in training has many, and the GPU waits for them.
  for (const [segment, { ids: written, from, base }] of segments.entries()) {
    for (let i = 0; i < written.length; i++, token++) {
      const position = from + i;
      const start = chunkStart(position);
      ids[token] = written[i]!;
      positions[token] = position;
      own[token] = base + position;
      first[token] = base;
      firstInChunk[token] = base + start;
      factors[token] = factorAt(position);
      keys += position + 1;
      keysInChunk += position + 1 - start;
    }
    last[segment] = token - 1;
    keyRows += from + written.length;
  }
  const draws = Float32Array.from(segments, ({ draw = 0 }) => Math.min(draw, BELOW_ONE));
  return {
    inputs: new Map([
      [INPUTS.ids, ids],
      [INPUTS.position, positions],
      [INPUTS.own, own],
      [INPUTS.first, first],
      [INPUTS.firstInChunk, firstInChunk],
      [INPUTS.temperature, bitsOf(factors)],
      [INPUTS.one, bitsOf(new Float32Array(count).fill(1))],
      [INPUTS.last, last],
      [INPUTS.draw, bitsOf(draws)],
    ]),
    symbols: new Map([
      ['tokens', count],
      ['sequences', segments.length],
      ['rank', rank],
      ['shard', shardRows(count, ranks, rank)],
      ['key rows', keyRows],
      ['keys', keys],
      ['keys in chunk', keysInChunk],
    ]),
  };
}

/** The same words, as inputs are written. */
export const bitsOf = (values: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => new Uint32Array(values.buffer);

/** Rows that a rank answers for when `rows` are cut into a shard a rank, the last ones shorter or empty. */
const shardRows = (rows: number, ranks: number, rank: number): number => {
  const shard = Math.ceil(rows / ranks);
  return Math.max(0, Math.min(shard, rows - rank * shard));
};
