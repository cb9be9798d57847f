import { z } from 'zod';
import type { ModelSpec } from '../spec';
import { CommonConfig, ropeTheta } from './shared';

const Config = CommonConfig.extend({
  num_key_value_heads: z.number().int().positive(),
  head_dim: z.number().int().positive().optional(),
  num_experts: z.number().int().positive().optional(),
  num_local_experts: z.number().int().positive().optional(),
  num_experts_per_tok: z.number().int().positive(),
  moe_intermediate_size: z.number().int().positive(),
  intermediate_size: z.number().int().positive(),
  norm_topk_prob: z.boolean(),
  decoder_sparse_step: z.number().int().positive().default(1),
  mlp_only_layers: z.array(z.number().int()).default([]),
  use_sliding_window: z.literal(false).default(false),
}).refine((c) => c.num_experts ?? c.num_local_experts, 'num_experts or num_local_experts is missing');

/** Qwen3-MoE (arXiv 2505.09388): grouped-query attention with normalised q and k, no shared expert. */
export const qwen3Moe = {
  architecture: 'Qwen3MoeForCausalLM',
  config: Config,
  spec(config: z.infer<typeof Config>): ModelSpec {
    const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
    const dense = (layer: number) => config.mlp_only_layers.includes(layer) || (layer + 1) % config.decoder_sparse_step !== 0;
    return {
      family: 'qwen3_moe',
      vocabulary: config.vocab_size,
      hidden: config.hidden_size,
      normEps: config.rms_norm_eps,
      maxPositions: config.max_position_embeddings,
      layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
        attention: {
          kind: 'gqa' as const,
          heads: config.num_attention_heads,
          kvHeads: config.num_key_value_heads,
          headDim,
          qkNorm: true,
          rope: { theta: ropeTheta(config), dim: headDim, interleaved: false },
        },
        feedForward: dense(layer)
          ? { kind: 'dense' as const, inner: config.intermediate_size }
          : {
              kind: 'moe' as const,
              experts: (config.num_experts ?? config.num_local_experts) as number,
              topK: config.num_experts_per_tok,
              inner: config.moe_intermediate_size,
              sharedInner: 0,
              normaliseTopK: config.norm_topk_prob,
              scale: 1,
            },
      })),
    };
  },
};
