import { z } from '../../words/zod';
import type { Family } from '../family';
import { CommonConfig, commonSpec, expertCount, expertsOf, flag, PLAIN_NAMES, ropeOf, size } from './common';

const Config = CommonConfig.extend({
  num_key_value_heads: size,
  head_dim: size.nullish(),
  ...expertCount,
  num_experts_per_tok: size,
  moe_intermediate_size: size,
  intermediate_size: size,
  norm_topk_prob: z.boolean(),
  decoder_sparse_step: size.default(1),
  mlp_only_layers: z.array(z.number().int()).nullish(),
  use_sliding_window: flag(false),
});

/** Qwen3-MoE (arXiv 2505.09388): grouped-query attention with normalised q and k, no shared expert. */
export const qwen3Moe: Family<typeof Config> = {
  architecture: 'Qwen3MoeForCausalLM',
  config: Config,
  spec(config) {
    const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
    const dense = (layer: number) =>
      config.mlp_only_layers?.includes(layer) || (layer + 1) % config.decoder_sparse_step !== 0;
    return {
      ...commonSpec(config),
      family: 'qwen3_moe',
      rope: ropeOf(config, headDim, 10_000),
      names: PLAIN_NAMES,
      layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
        attention: {
          kind: 'gqa',
          heads: config.num_attention_heads,
          kvHeads: config.num_key_value_heads,
          headDim,
          qkNorm: 'weighted',
          rope: 'halves',
          chunked: false,
          tempered: false,
          scale: headDim ** -0.5,
        },
        feedForward: dense(layer)
          ? { kind: 'dense', inner: config.intermediate_size }
          : {
              kind: 'moe',
              experts: expertsOf(config),
              topK: config.num_experts_per_tok,
              inner: config.moe_intermediate_size,
              sharedInner: 0,
              router: {
                scoring: 'softmax',
                groups: 1,
                keptGroups: 1,
                normalise: config.norm_topk_prob,
                scale: 1,
                weighs: 'output',
                balanced: false,
              },
            },
      })),
    };
  },
};
