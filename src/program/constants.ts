import { ropeTable } from '../model/rope';
import type { ModelSpec } from '../model/spec';
import type { KeptValue } from './program';

/** Values that come from no checkpoint but that every rank keeps: the RoPE table, vectors of zeros and of ones. */
export const ROPE = 'rope';
export const zeros = (length: number): string => `zeros.${length}`;
export const ones = (length: number): string => `ones.${length}`;

type Constant = {
  readonly value: KeptValue;
  readonly content: (positions: number) => Float32Array<ArrayBuffer>;
};

/** All constants of a model; the RoPE table has a row a position. */
export function constantsOf({ rope, layers }: ModelSpec): Constant[] {
  const kept = { type: 'f32', lives: 'kept', split: 'replicated', origin: 'constant' } as const;
  const vector = (name: string, length: number, fill: number): Constant => ({
    value: { name, rows: length, cols: 1, ...kept },
    content: () => new Float32Array(length).fill(fill),
  });
  const unbiased = layers.flatMap(({ feedForward: f }) =>
    f.kind === 'moe' && f.router.scoring !== 'sigmoid with bias' ? [f.experts] : [],
  );
  const unweighted = layers.flatMap(({ attention: a }) =>
    a.kind === 'gqa' && a.qkNorm === 'after rope' ? [a.headDim] : [],
  );
  return [
    {
      value: { name: ROPE, rows: 'positions', cols: rope.dim, ...kept },
      content: (positions) => ropeTable(rope, positions),
    },
    ...[...new Set(unbiased)].map((length) => vector(zeros(length), length, 0)),
    ...[...new Set(unweighted)].map((length) => vector(ones(length), length, 1)),
  ];
}
