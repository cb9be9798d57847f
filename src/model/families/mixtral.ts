import { phrase } from '../../words/phrase';
import { because, z } from '../../words/zod';
import type { Family } from '../family';
import { CommonConfig, commonSpec, expertCount, expertsOf, PLAIN_NAMES, ropeOf, size } from './common';

const Config = CommonConfig.extend({
  num_key_value_heads: size,
  head_dim: size.nullish(),
  ...expertCount,
  num_experts_per_tok: size,
  intermediate_size: size,
  sliding_window: z.null(because(phrase`sliding-window attention is not computed here, it should be null`)).optional(),
});

/** Mixtral (arXiv 2401.04088): grouped-query attention, experts in every layer, softmax router over the chosen. */
export const mixtral: Family<typeof Config> = {
  architecture: 'MixtralForCausalLM',
  config: Config,
  spec(config) {
    const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
    return {
      ...commonSpec(config),
      family: 'mixtral',
      rope: ropeOf(config, headDim, 1_000_000),
      names: { ...PLAIN_NAMES, block: 'block_sparse_moe', sharedExperts: '', experts: ['w1', 'w3', 'w2'] },
      layers: Array.from({ length: config.num_hidden_layers }, () => ({
        attention: {
          kind: 'gqa',
          heads: config.num_attention_heads,
          kvHeads: config.num_key_value_heads,
          headDim,
          qkNorm: 'none',
          rope: 'halves',
          chunked: false,
          tempered: false,
          scale: headDim ** -0.5,
        },
        feedForward: {
          kind: 'moe',
          experts: expertsOf(config),
          topK: config.num_experts_per_tok,
          inner: config.intermediate_size,
          sharedInner: 0,
          router: {
            scoring: 'softmax',
            groups: 1,
            keptGroups: 1,
            normalise: true,
            scale: 1,
            weighs: 'output',
            balanced: false,
          },
        },
      })),
    };
  },
};
