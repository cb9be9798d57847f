import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { wholeNumber, z } from '../../words/zod';
import type { Family } from '../family';
import type { ModelSpec, RouterSpec } from '../spec';
import { CommonConfig, commonSpec, expertNumber, flag, mlaScaleFactor, PLAIN_NAMES, ropeOf, size } from './common';

const count = z.number().int().nonnegative();
const anyCount = wholeNumber().nonnegative();

const MlaConfig = CommonConfig.extend({
  q_lora_rank: size.nullish(),
  kv_lora_rank: size,
  qk_nope_head_dim: size,
  qk_rope_head_dim: size,
  v_head_dim: size,
  n_routed_experts: expertNumber,
  n_shared_experts: count.nullish(),
  num_experts_per_tok: size,
  moe_intermediate_size: size,
  intermediate_size: size,
  first_k_dense_replace: anyCount,
  moe_layer_freq: z.literal(1).default(1),
  routed_scaling_factor: z.number(),
  n_group: size.max(32).nullish(),
  topk_group: size.nullish(),
  num_nextn_predict_layers: anyCount.nullish(),
});

/** What the DeepSeek families share: multi-head latent attention, shared and routed experts, dense first layers. */
function deepseekSpec(
  config: z.infer<typeof MlaConfig>,
  family: string,
  router: RouterSpec,
  gated: boolean,
  unused: number,
): ModelSpec {
  return {
    ...commonSpec(config),
    family,
    rope: ropeOf(config, config.qk_rope_head_dim, 10_000),
    names: { ...PLAIN_NAMES, unusedLayers: unused },
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
      attention: {
        kind: 'mla',
        heads: config.num_attention_heads,
        qLatent: config.q_lora_rank ?? null,
        latent: config.kv_lora_rank,
        // transformers leaves these norms at its default, whatever rms_norm_eps says.
        latentEps: 1e-6,
        nope: config.qk_nope_head_dim,
        rotated: config.qk_rope_head_dim,
        valueDim: config.v_head_dim,
        gated,
        scale: (config.qk_nope_head_dim + config.qk_rope_head_dim) ** -0.5 * mlaScaleFactor(config),
      },
      feedForward:
        layer < config.first_k_dense_replace
          ? { kind: 'dense', inner: config.intermediate_size }
          : {
              kind: 'moe',
              experts: config.n_routed_experts,
              topK: config.num_experts_per_tok,
              inner: config.moe_intermediate_size,
              sharedInner: (config.n_shared_experts ?? 0) * config.moe_intermediate_size,
              router,
            },
    })),
  };
}

function groupsOf({ n_group, topk_group, n_routed_experts, num_experts_per_tok }: z.infer<typeof MlaConfig>) {
  const groups = n_group ?? 1;
  const keptGroups = topk_group ?? groups;
  if (
    n_routed_experts % groups !== 0 ||
    num_experts_per_tok * groups > keptGroups * n_routed_experts ||
    keptGroups > groups
  )
    throw new InputError(
      phrase`${num_experts_per_tok} of ${n_routed_experts} experts can't be chosen from ${keptGroups} of ${groups} groups`,
    );
  return { groups, keptGroups };
}

/** A group's score is that of its best two experts, so it needs as many. */
function groupsOfTwo(config: z.infer<typeof MlaConfig>) {
  const of = groupsOf(config);
  if (config.n_routed_experts < 2 * of.groups)
    throw new InputError(phrase`${of.groups} groups need at least two experts each, of ${config.n_routed_experts}`);
  return of;
}

const V2Config = MlaConfig.extend({ topk_method: z.enum(['greedy', 'group_limited_greedy']) });

/** DeepSeek-V2 (arXiv 2405.04434): softmax router, with group-limited top-k in the large model. */
export const deepseekV2: Family<typeof V2Config> = {
  architecture: 'DeepseekV2ForCausalLM',
  config: V2Config,
  spec(config) {
    const groups = config.topk_method === 'greedy' ? { groups: 1, keptGroups: 1 } : groupsOf(config);
    // transformers leaves norm_topk_prob out of this family's router.
    const router = {
      scoring: 'softmax',
      normalise: false,
      scale: config.routed_scaling_factor,
      weighs: 'output',
      balanced: false,
    } as const;
    return deepseekSpec(config, 'deepseek_v2', { ...router, ...groups }, false, 0);
  },
};

const V3Config = MlaConfig.extend({
  norm_topk_prob: z.boolean(),
  rope_interleave: flag(true),
  scoring_func: z.literal('sigmoid').default('sigmoid'),
  topk_method: z.literal('noaux_tc').default('noaux_tc'),
});

const v3Router = (config: z.infer<typeof V3Config>): RouterSpec => ({
  scoring: 'sigmoid with bias',
  ...groupsOfTwo(config),
  normalise: config.norm_topk_prob,
  scale: config.routed_scaling_factor,
  weighs: 'output',
  balanced: false,
});

/** DeepSeek-V3 (arXiv 2412.19437): sigmoid router with a correction bias, expert groups. */
export const deepseekV3: Family<typeof V3Config> = {
  architecture: 'DeepseekV3ForCausalLM',
  config: V3Config,
  spec: (config) => deepseekSpec(config, 'deepseek_v3', v3Router(config), false, config.num_nextn_predict_layers ?? 0),
};

const InstellaConfig = V3Config.extend({ gated_attention: z.boolean().default(false) });

/** Instella-MoE (arXiv 2609.00791): DeepSeek-V3 with gated attention; its config says which layers are FarSkip. */
export const instella: Family<typeof InstellaConfig> = {
  architecture: 'InstellaMoEForCausalLM',
  config: InstellaConfig,
  spec: (config) =>
    deepseekSpec(config, 'instella', v3Router(config), config.gated_attention, config.num_nextn_predict_layers ?? 0),
};
