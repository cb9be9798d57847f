import type { ModelSpec } from '../model/spec';
import { phrase } from '../words/phrase';
import { because, z } from '../words/zod';

/** A term of the residual stream. The MLP of a layer without experts counts as its shared part. */
export type Term = 'embedding' | `${'attention' | 'shared' | 'routed'}.${number}`;
export type SubBlock = 'attention' | 'shared' | 'routed';
export const SUB_BLOCKS: readonly SubBlock[] = ['attention', 'shared', 'routed'];

/** For each layer, the terms that each sub-block's input leaves out of the residual stream; its table, as data. */
export type Connectivity = readonly LayerReads[];
type LayerReads = { readonly [block in SubBlock]: readonly Term[] };

/** A table as files have it. */
const TERMS = z.array(
  z.custom<Term>(
    (value) => typeof value === 'string' && /^(embedding|(attention|shared|routed)\.\d+)$/.test(value),
    because(phrase`it should be embedding, attention.N, shared.N or routed.N`),
  ),
);
export const TABLE = z.array(z.object({ attention: TERMS, shared: TERMS, routed: TERMS }));

/** Terms that layer `layer` adds to the residual stream, in the order in which they are summed. */
export function termsOf(spec: ModelSpec, layer: number): Term[] {
  const { feedForward } = spec.layers[layer]!;
  const terms: Term[] = [`attention.${layer}`];
  if (feedForward.kind === 'dense' || feedForward.sharedInner > 0) terms.push(`shared.${layer}`);
  if (feedForward.kind === 'moe') terms.push(`routed.${layer}`);
  return terms;
}

/**
 * What a sub-block reads: every term before it (its own layer's attention too, for feed-forward) but those left out.
 */
export function readsOf(spec: ModelSpec, connectivity: Connectivity, layer: number, block: SubBlock): Term[] {
  const earlier: Term[] = ['embedding'];
  for (let l = 0; l < layer; l++) earlier.push(...termsOf(spec, l));
  if (block !== 'attention') earlier.push(`attention.${layer}`);
  const left = connectivity[layer]![block];
  return earlier.filter((term) => !left.includes(term));
}
