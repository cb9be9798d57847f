import type { ModelSpec } from '../model/spec';
import { type Connectivity, readsOf, type SubBlock, type Term, termsOf } from './connectivity';

const SUB_BLOCKS: readonly SubBlock[] = ['attention', 'shared', 'routed'];

/**
 * A layer's terms in groups that every reader takes whole or not at all: where ranks hold parts of terms (tensor
 * parallelism), one all-reduce brings a group. Regular: attention alone, since the router reads it; shared and routed
 * experts together. FarSkip: attention with shared experts, which the next attention reads; the routed experts alone.
 */
export function reducedTogether(spec: ModelSpec, connectivity: Connectivity, layer: number): Term[][] {
  const own = termsOf(spec, layer);
  const readers = new Map<Term, string>(own.map((term) => [term, '']));
  // A table leaves out terms of its own layer and of the one before, if any: later layers read all.
  for (let reader = layer; reader < Math.min(layer + 2, spec.layers.length); reader++)
    for (const block of SUB_BLOCKS) {
      if (block === 'routed' && spec.layers[reader]!.feedForward.kind === 'dense') continue;
      const reads = readsOf(spec, connectivity, reader, block);
      for (const term of own) if (reads.includes(term)) readers.set(term, `${readers.get(term)} ${block}.${reader}`);
    }
  const groups = new Map<string, Term[]>();
  for (const [term, by] of readers) groups.set(by, [...(groups.get(by) ?? []), term]);
  return [...groups.values()];
}
