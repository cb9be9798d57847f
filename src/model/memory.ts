import type { ModelSpec } from './spec';
import { valuesIn, type Weight, weightsOf } from './weights';

/** Bytes of a weight on one of `ranks` ranks, as float32. */
export const bytesOnRank = ({ experts, pieces }: Weight, ranks: number): number =>
  (4 * pieces.reduce((sum, piece) => sum + valuesIn(piece), 0)) / (experts > 0 ? ranks : 1);

export type Memory = { readonly bytes: number; readonly largest: { readonly name: string; readonly bytes: number } };

/** What a model's weights take on `ranks` ranks together, float32, and the largest single buffer among them. */
export function memoryOf(spec: ModelSpec, ranks: number): Memory {
  const sizes = weightsOf(spec).map((weight) => ({ name: weight.name, bytes: bytesOnRank(weight, ranks) }));
  return {
    bytes: ranks * sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    largest: sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a)),
  };
}

export const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;
