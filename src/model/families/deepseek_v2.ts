import { z } from 'zod';
import type { ModelSpec } from '../spec';
import { CommonConfig, ropeTheta } from './shared';

const Config = CommonConfig.extend({
  q_lora_rank: z.null(),
  kv_lora_rank: z.number().int().positive(),
  qk_nope_head_dim: z.number().int().positive(),
  qk_rope_head_dim: z.number().int().positive(),
  v_head_dim: z.number().int().positive(),
  n_routed_experts: z.number().int().positive(),
  n_shared_experts: z.number().int().nonnegative().nullish(),
  num_experts_per_tok: z.number().int().positive(),
  moe_intermediate_size: z.number().int().positive(),
  intermediate_size: z.number().int().positive(),
  first_k_dense_replace: z.number().int().nonnegative(),
  moe_layer_freq: z.literal(1).default(1),
  topk_method: z.literal('greedy'),
  routed_scaling_factor: z.number(),
});

/** DeepSeek-V2 (arXiv 2405.04434): MLA, shared and routed experts, softmax router, dense first layers. */
export const deepseekV2 = {
  architecture: 'DeepseekV2ForCausalLM',
  config: Config,
  spec(config: z.infer<typeof Config>): ModelSpec {
    const rope = { theta: ropeTheta(config), dim: config.qk_rope_head_dim, interleaved: true };
    return {
      family: 'deepseek_v2',
      vocabulary: config.vocab_size,
      hidden: config.hidden_size,
      normEps: config.rms_norm_eps,
      maxPositions: config.max_position_embeddings,
      layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
        attention: {
          kind: 'mla' as const,
          heads: config.num_attention_heads,
          latent: config.kv_lora_rank,
          nope: config.qk_nope_head_dim,
          valueDim: config.v_head_dim,
          rope,
        },
        feedForward:
          layer < config.first_k_dense_replace
            ? { kind: 'dense' as const, inner: config.intermediate_size }
            : {
                kind: 'moe' as const,
                experts: config.n_routed_experts,
                topK: config.num_experts_per_tok,
                inner: config.moe_intermediate_size,
                sharedInner: (config.n_shared_experts ?? 0) * config.moe_intermediate_size,
                // transformers leaves norm_topk_prob out of this family's router.
                normaliseTopK: false,
                scale: config.routed_scaling_factor,
              },
      })),
    };
  },
};
