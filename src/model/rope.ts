import type { RopeSpec } from './spec';

/**
 * Table [positions, dim] of cos and sin, pair after pair, of position * frequency, times the scaling's attention
 * factor. Frequencies are rounded to float32 first, as transformers does.
 */
export function ropeTable(rope: RopeSpec, positions: number): Float32Array<ArrayBuffer> {
  const table = new Float32Array(positions * rope.dim);
  const factor = rope.scaling.kind === 'yarn' ? rope.scaling.attentionFactor : 1;
  ropeFrequencies(rope).forEach((exact, i) => {
    const frequency = Math.fround(exact);
    for (let p = 0; p < positions; p++) {
      const angle = Math.fround(p * frequency);
      table[p * rope.dim + 2 * i] = Math.cos(angle) * factor;
      table[p * rope.dim + 2 * i + 1] = Math.sin(angle) * factor;
    }
  });
  return table;
}

/**
 * Radians a position of each of the dim / 2 pairs: theta^(-2i / dim) (Su et al., 2021), scaled as the config says:
 * linear position interpolation (Chen et al., 2023), YaRN (Peng et al., 2023), or by wavelength as Llama 3.1 does.
 */
function ropeFrequencies({ theta, dim, scaling }: RopeSpec): number[] {
  const plain = Array.from({ length: dim / 2 }, (_, i) => theta ** ((-2 * i) / dim));
  switch (scaling.kind) {
    case 'default':
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / scaling.factor);
    case 'llama3':
      return plain.map((frequency) => {
        const rotations = (scaling.originalPositions * frequency) / (2 * Math.PI);
        const kept = clamp((rotations - scaling.lowFactor) / (scaling.highFactor - scaling.lowFactor));
        return kept * frequency + ((1 - kept) * frequency) / scaling.factor;
      });
    case 'yarn': {
      // The pair that makes so many rotations over the original positions.
      const pairOf = (rotations: number) =>
        (dim * Math.log(scaling.originalPositions / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
      const round = (value: number, to: (x: number) => number) => (scaling.truncate ? to(value) : value);
      const low = Math.max(round(pairOf(scaling.betaFast), Math.floor), 0);
      const high = Math.min(round(pairOf(scaling.betaSlow), Math.ceil), dim - 1);
      return plain.map((frequency, i) => {
        const interpolated = clamp((i - low) / (high === low ? 0.001 : high - low));
        return (interpolated * frequency) / scaling.factor + (1 - interpolated) * frequency;
      });
    }
  }
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** 0.1 * mscale * ln(factor) + 1, by which YaRN corrects attention (Peng et al., 2023); 1 when nothing is stretched. */
export const yarnMscale = (factor: number, mscale: number): number =>
  factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
