import type { Rope } from './spec';

/**
 * Table [positions, rope.dim] of cos and sin, pair after pair: angle(p, i) = p * theta^(-2i / dim) (Su et al., 2021).
 * The frequency is rounded to float32 first, as transformers does.
 */
export function ropeTable(rope: Rope, positions: number): Float32Array<ArrayBuffer> {
  const table = new Float32Array(positions * rope.dim);
  for (let i = 0; i < rope.dim / 2; i++) {
    const frequency = Math.fround(1 / Math.fround(rope.theta ** ((2 * i) / rope.dim)));
    for (let p = 0; p < positions; p++) {
      const angle = Math.fround(p * frequency);
      table[p * rope.dim + 2 * i] = Math.cos(angle);
      table[p * rope.dim + 2 * i + 1] = Math.sin(angle);
    }
  }
  return table;
}
