import type { FeedForwardSpec, ModelSpec } from '../model/spec';
import type { Builder } from './builder';
import { routingNames, SCORING } from './lower_feed_forward';
import { INPUTS } from './program';

type Moe = Extract<FeedForwardSpec, { kind: 'moe' }>;

const routersOf = ({ layers }: ModelSpec): { layer: number; spec: Moe }[] =>
  layers.flatMap(({ feedForward }, layer) => (feedForward.kind === 'moe' ? [{ layer, spec: feedForward }] : []));

/**
 * A loss of each router that is least when a sequence's tokens use all experts alike, as DeepSeek-V2 and V3 have it:
 * the sequences of ranks do not matter to one another. Adds the seed of each router's logits; answers each token's
 * losses.
 */
export const lowerBalanceLoss = (
  build: Builder,
  model: ModelSpec,
  factor: number,
  seeds: Map<string, string>,
): string[] =>
  routersOf(model).map(({ layer, spec: { experts, topK, router } }) => {
    const place = { block: 'router', layer } as const;
    const rows = 'tokens';
    const { logits, ids } = routingNames(layer);
    const counts = build.compute(
      place,
      'count by sequence',
      { kernel: 'sequence_counts', sizes: { rows, experts, topK } },
      { inputs: [ids, INPUTS.first] },
      { name: `${ids} by sequence`, rows, cols: experts, type: 'u32' },
    );
    const seed = `d ${logits} of its balance`;
    const losses = build.compute(
      place,
      'balance',
      { kernel: 'balance_loss', sizes: { rows, experts, scoring: SCORING[router.scoring], factor } },
      { inputs: [logits, counts, INPUTS.first, INPUTS.lossWeight] },
      { name: `balance of ${logits}`, rows, cols: 1 },
      { name: seed, rows, cols: experts },
    );
    seeds.set(logits, seed);
    return losses;
  });

/** Of each router that has a bias, by the bias's name, how many pairs its experts have on this rank, [1, experts]. */
export function lowerExpertCounts(build: Builder, model: ModelSpec): Map<string, string> {
  return new Map(
    routersOf(model).flatMap(({ layer, spec: { experts, topK, router } }) => {
      if (router.scoring !== 'sigmoid with bias') return [];
      const { ids } = routingNames(layer);
      const counts = build.compute(
        { block: 'router', layer },
        'count',
        { kernel: 'expert_counts', sizes: { rows: 'tokens', experts, topK } },
        { inputs: [ids] },
        { name: `${ids} counted`, rows: 1, cols: experts },
      );
      return [[`model.layers.${layer}.mlp.gate.bias`, counts] as const];
    }),
  );
}
