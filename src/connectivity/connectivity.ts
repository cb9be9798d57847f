import { isMoe, type ModelSpec } from '../model/spec';
import type { Switches } from './switches';

/** A term of the residual stream. The MLP of a layer without experts counts as its shared part. */
export type Term = 'embedding' | `${'attention' | 'shared' | 'routed'}.${number}`;
export type SubBlock = 'attention' | 'shared' | 'routed';

/** For each layer, the terms that each sub-block's input leaves out of the residual stream; its table, as data. */
export type Connectivity = readonly LayerReads[];
export type LayerReads = { readonly [block in SubBlock]: readonly Term[] };

/**
 * The table of a model under the FarSkip switches: attention leaves out the last routed experts' output, the
 * feed-forward block leaves out its own layer's attention (FarSkip-Collective, arXiv 2511.11505).
 */
export function connectivityOf(spec: ModelSpec, switches: Switches): Connectivity {
  return spec.layers.map((_, layer) => {
    const on = switches.farskip && switches.farskip_start_idx <= layer && layer <= switches.farskip_end_idx;
    const before = spec.layers[layer - 1];
    const attention: Term[] =
      on && !switches.mlp_only_farskip && before && isMoe(before) ? [`routed.${layer - 1}`] : [];
    const feedForward: Term[] = on && !switches.attn_only_farskip ? [`attention.${layer}`] : [];
    return { attention, shared: feedForward, routed: feedForward };
  });
}

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
