import type { ModelSpec } from './spec';
import { parametersOf } from './weights';

/**
 * Floating-point operations of a prefill of one sequence of `tokens`: two for each weight that a token meets, and
 * attention's over the tokens before each. The LM head, of the last token alone, counts for nothing.
 */
export function prefillFlops(spec: ModelSpec, tokens: number): number {
  const unmet = spec.layers.reduce((sum, { feedForward: f }) => {
    return sum + (f.kind === 'moe' ? (f.experts - f.topK) * 3 * spec.hidden * f.inner : 0);
  }, 0);
  const embeddings = (spec.tiedHead ? 1 : 2) * spec.vocabulary * spec.hidden;
  const seen = (tokens * (tokens + 1)) / 2;
  const attention = spec.layers.reduce((sum, { attention: a }) => sum + 2 * a.heads * widthOf(a) * seen, 0);
  return 2 * (parametersOf(spec) - unmet - embeddings) * tokens + attention;
}

/** Columns that a head multiplies a pair of tokens by: of its keys, then of its values. */
const widthOf = (attention: ModelSpec['layers'][number]['attention']): number =>
  attention.kind === 'mla' ? attention.nope + attention.rotated + attention.valueDim : 2 * attention.headDim;
