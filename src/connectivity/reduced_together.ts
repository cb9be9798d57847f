import type { ModelSpec } from '../model/spec';
import { type Connectivity, SUB_BLOCKS, type SubBlock, type Term, termsOf } from './connectivity';

/**
 * Each layer's terms in groups that every reader takes whole or not at all: where ranks hold parts of terms (tensor
 * parallelism), one all-reduce brings a group. Regular: attention alone, since the router reads it; shared and routed
 * experts together. FarSkip: attention with shared experts, which the next attention reads; the routed experts alone.
 */
export function reducedTogether(spec: ModelSpec, connectivity: Connectivity): Term[][][] {
  const leavers = leaversOf(spec, connectivity);
  return spec.layers.map((_, layer) => {
    const groups = new Map<string, Term[]>();
    for (const term of termsOf(spec, layer)) {
      // Whatever comes later reads a term, but for what leaves it out; of its own layer only attention is read.
      const own = term === `attention.${layer}` ? ownReaders(spec, connectivity, layer) : [];
      const key = `${own} / ${leavers.get(term) ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), term]);
    }
    return [...groups.values()];
  });
}

/** For each term, the sub-blocks of later layers that leave it out. */
function leaversOf(spec: ModelSpec, connectivity: Connectivity): Map<Term, string[]> {
  const leavers = new Map<Term, string[]>();
  connectivity.forEach((reads, layer) => {
    for (const block of SUB_BLOCKS) {
      if (!hasBlock(spec, layer, block)) continue;
      for (const term of reads[block])
        if (layerOf(term) < layer) leavers.set(term, [...(leavers.get(term) ?? []), `${block}.${layer}`]);
    }
  });
  return leavers;
}

/** Sub-blocks of a layer that read its own attention. */
const ownReaders = (spec: ModelSpec, connectivity: Connectivity, layer: number): string[] =>
  SUB_BLOCKS.filter(
    (block) =>
      block !== 'attention' &&
      hasBlock(spec, layer, block) &&
      !connectivity[layer]![block].includes(`attention.${layer}`),
  );

/** Whether a layer has such a sub-block: some have no experts, some no shared ones. */
const hasBlock = (spec: ModelSpec, layer: number, block: SubBlock): boolean =>
  termsOf(spec, layer).includes(`${block}.${layer}`);

const layerOf = (term: Term): number => (term === 'embedding' ? -1 : Number(term.split('.')[1]));
