import { phrase } from '../../words/phrase';
import { because, z } from '../../words/zod';
import type { Family } from '../family';
import { bound, CommonConfig, commonSpec, expertNumber, PLAIN_NAMES, ropeOf, size } from './common';

const Config = CommonConfig.extend({
  num_key_value_heads: size,
  head_dim: size.nullish(),
  num_local_experts: expertNumber,
  num_experts_per_tok: z.literal(1, because(phrase`only top-1 is computed here, as in the published models`)),
  intermediate_size: size,
  intermediate_size_mlp: size,
  interleave_moe_layer_step: size.default(1),
  moe_layers: z.array(z.number().int()).nullish(),
  no_rope_layers: z.array(z.number().int()).nullish(),
  no_rope_layer_interval: size.default(4),
  use_qk_norm: z.boolean().default(true),
  attention_chunk_size: bound.nullish(),
  layer_types: z.array(z.enum(['chunked_attention', 'full_attention'])).nullish(),
  attn_temperature_tuning: z.union([z.boolean(), z.number()]).default(true),
  attn_scale: z.number().default(0.1),
  floor_scale: z.number().positive().default(8192),
});

/**
 * The text model of Llama 4: top-1 of sigmoid scores that weigh the expert's input, layers without RoPE, chunked
 * attention.
 */
export const llama4: Family<typeof Config> = {
  architecture: 'Llama4ForCausalLM',
  config: Config,
  spec(config) {
    const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
    const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layer);
    const step = config.interleave_moe_layer_step;
    const moe = new Set(config.moe_layers ?? layers.filter((layer) => layer % step === step - 1));
    const rotates = (layer: number) =>
      config.no_rope_layers?.length
        ? config.no_rope_layers[layer] === 1
        : (layer + 1) % config.no_rope_layer_interval !== 0;
    const chunked = (layer: number) =>
      config.attention_chunk_size != null &&
      (config.layer_types ? config.layer_types[layer] === 'chunked_attention' : rotates(layer));
    return {
      ...commonSpec(config),
      family: 'llama4',
      rope: ropeOf(config, headDim, 500_000),
      attentionChunk: config.attention_chunk_size ?? null,
      temperature: config.attn_temperature_tuning ? { scale: config.attn_scale, floor: config.floor_scale } : null,
      names: {
        ...PLAIN_NAMES,
        block: 'feed_forward',
        router: 'router',
        sharedExperts: 'shared_expert',
        experts: 'stacked',
      },
      layers: layers.map((layer) => ({
        attention: {
          kind: 'gqa',
          heads: config.num_attention_heads,
          kvHeads: config.num_key_value_heads,
          headDim,
          qkNorm: config.use_qk_norm && rotates(layer) ? 'after rope' : 'none',
          rope: rotates(layer) ? 'interleaved' : 'none',
          chunked: chunked(layer),
          tempered: Boolean(config.attn_temperature_tuning) && !rotates(layer),
          scale: headDim ** -0.5,
        },
        feedForward: moe.has(layer)
          ? {
              kind: 'moe',
              experts: config.num_local_experts,
              topK: config.num_experts_per_tok,
              inner: config.intermediate_size,
              sharedInner: config.intermediate_size,
              router: {
                scoring: 'sigmoid',
                groups: 1,
                keptGroups: 1,
                normalise: false,
                scale: 1,
                weighs: 'input',
                balanced: false,
              },
            }
          : { kind: 'dense', inner: config.intermediate_size_mlp },
      })),
    };
  },
};

/**
 * Llama 4 with its vision model, as it is published. Its text part runs: `text_config` (`textConfigOf` in config.ts),
 * and the tensors of language_model.
 */
export const llama4Whole: Family<typeof Config> = {
  ...llama4,
  architecture: 'Llama4ForConditionalGeneration',
  spec(config) {
    const spec = llama4.spec(config);
    return {
      ...spec,
      names: { ...spec.names, within: 'language_model.', leftOut: ['vision_model.', 'multi_modal_projector.'] },
    };
  },
};
