import type { ModelSpec } from '../model/spec';
import { type Connectivity, type Term, termsOf } from './connectivity';

/**
 * Ladder Residual (arXiv 2501.06589): each sub-block leaves out what the sub-block just before it adds. Attention reads
 * the stream without the last layer's feed-forward block, shared experts too; the feed-forward block reads it without
 * its own layer's attention.
 */
export const ladderTable = (spec: ModelSpec): Connectivity =>
  spec.layers.map((_, layer) => {
    const before = layer === 0 ? [] : termsOf(spec, layer - 1).filter((term) => term !== `attention.${layer - 1}`);
    const own: Term[] = [`attention.${layer}`];
    return { attention: before, shared: own, routed: own };
  });
