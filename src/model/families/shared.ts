import { z } from 'zod';

/** Keys that every family's config.json has, and RoPE as transformers 4 (`rope_theta`) and 5 (`rope_parameters`) write it. */
export const CommonConfig = z.object({
  vocab_size: z.number().int().positive(),
  hidden_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive().max(512),
  num_attention_heads: z.number().int().positive(),
  max_position_embeddings: z.number().int().positive(),
  rms_norm_eps: z.number().positive(),
  hidden_act: z.literal('silu').default('silu'),
  attention_bias: z.literal(false).default(false),
  tie_word_embeddings: z.literal(false).default(false),
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.null().optional(),
  rope_parameters: z.object({ rope_theta: z.number().positive(), rope_type: z.literal('default') }).optional(),
});

export const ropeTheta = (config: z.infer<typeof CommonConfig>): number => config.rope_parameters?.rope_theta ?? config.rope_theta ?? 10000;
