import { type Phrase, phrase } from '../words/phrase';
import { parseConfig } from './config';
import { parametersOf } from './weights';

/** Models that come with the lab; folders are relative to the site's root. */
type Preset = {
  readonly id: string;
  readonly label: Phrase;
  readonly folder: string;
  /** The same model after self-distillation into other methods, by the method whose runs use it. */
  readonly converted: Readonly<Record<string, string>>;
};

export const PRESETS = [
  {
    id: 'reference',
    label: phrase`Reference: DeepSeek-V2 architecture, 5 layers, 16 experts, 2.0 M parameters`,
    folder: 'models/reference',
    converted: { farskip: 'models/reference-farskip' },
  },
] as const satisfies readonly Preset[];

/** Texts that the models were trained on the like of; files relative to the site's root. */
export const TEXTS = [
  { id: 'alice', file: 'texts/alice.txt' },
  { id: 'moby_dick', file: 'texts/moby_dick.txt' },
  { id: 'emma', file: 'texts/emma.txt' },
] as const;

/** An untrained model, drawn from a seed on the device, for timing: `config` is its config.json. */
export type Drawn = { readonly id: string; readonly label: Phrase; readonly family: string; readonly config: object };

/** Seed of all drawn models. */
export const DRAWN_SEED = 1;

/** Vocabulary of the reference model, whose tokenizer the drawn models borrow. */
const VOCABULARY = 1024;

const common = (hidden: number, layers: number, heads: number) => ({
  vocab_size: VOCABULARY,
  hidden_size: hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
});

/**
 * DeepSeek-V2-Lite in proportion to its hidden size of 2,048: 16 heads of 128 + 64, latent 512, 64 experts of 1,408,
 * top-6, 2 shared.
 */
const mla = (hidden: number, layers: number, heads: number) => ({
  ...common(hidden, layers, heads),
  q_lora_rank: null,
  kv_lora_rank: hidden / 4,
  qk_nope_head_dim: hidden / heads,
  qk_rope_head_dim: hidden / heads / 2,
  v_head_dim: hidden / heads,
  n_routed_experts: 64,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  moe_intermediate_size: (hidden * 11) / 16,
  intermediate_size: Math.round((hidden * 10944) / 2048),
  first_k_dense_replace: 1,
  routed_scaling_factor: 1,
});
const deepseekV2Lite = (hidden: number, layers: number, heads: number) => ({
  architectures: ['DeepseekV2ForCausalLM'],
  model_type: 'deepseek_v2',
  ...mla(hidden, layers, heads),
  topk_method: 'greedy',
});
const instella = (hidden: number, layers: number, heads: number) => ({
  architectures: ['InstellaMoEForCausalLM'],
  ...mla(hidden, layers, heads),
  gated_attention: true,
  norm_topk_prob: true,
});
/**
 * Qwen3-30B-A3B in proportion to its hidden size of 2,048: 32 query and 4 key heads of 128, 128 experts of 768, top-8.
 */
const qwen3 = (hidden: number, layers: number, heads: number) => ({
  architectures: ['Qwen3MoeForCausalLM'],
  model_type: 'qwen3_moe',
  ...common(hidden, layers, heads),
  num_key_value_heads: heads / 8,
  head_dim: (2 * hidden) / heads,
  num_experts: 128,
  num_experts_per_tok: 8,
  moe_intermediate_size: (hidden * 3) / 8,
  intermediate_size: 3 * hidden,
  norm_topk_prob: true,
});
/**
 * Llama 4 Scout in proportion to its hidden size of 5,120: 40 query and 8 key heads of 128, 16 experts of 8,192, top-1,
 * 1 shared.
 */
const scout = (hidden: number, layers: number, heads: number) => ({
  architectures: ['Llama4ForCausalLM'],
  model_type: 'llama4_text',
  ...common(hidden, layers, heads),
  num_key_value_heads: heads / 5,
  head_dim: hidden / heads,
  num_local_experts: 16,
  num_experts_per_tok: 1,
  intermediate_size: (hidden * 8) / 5,
  intermediate_size_mlp: (hidden * 16) / 5,
  attention_chunk_size: 8192,
});

/** Qwen3-MoE as small as the reference model, which it is trained beside. */
const qwen3Small = {
  architectures: ['Qwen3MoeForCausalLM'],
  model_type: 'qwen3_moe',
  ...common(128, 5, 4),
  num_key_value_heads: 2,
  head_dim: 32,
  num_experts: 16,
  num_experts_per_tok: 4,
  moe_intermediate_size: 48,
  intermediate_size: 352,
  norm_topk_prob: true,
};

const SHAPES: readonly { readonly id: string; readonly like: Phrase | string; readonly configs: readonly object[] }[] =
  [
    {
      id: 'deepseek-v2-lite',
      like: 'DeepSeek-V2-Lite',
      configs: [deepseekV2Lite(128, 4, 4), deepseekV2Lite(256, 8, 8), deepseekV2Lite(512, 27, 8)],
    },
    { id: 'qwen3-30b-a3b', like: 'Qwen3-30B-A3B', configs: [qwen3(128, 3, 8), qwen3(256, 7, 16), qwen3(512, 12, 16)] },
    { id: 'llama-4-scout', like: 'Llama 4 Scout', configs: [scout(160, 4, 5), scout(320, 8, 10), scout(640, 12, 20)] },
    {
      id: 'instella-moe',
      like: phrase`Instella-MoE's gated attention and router in DeepSeek-V2-Lite's proportions`,
      configs: [instella(128, 4, 4), instella(256, 8, 8), instella(512, 27, 8)],
    },
    { id: 'qwen3-moe', like: 'Qwen3-MoE', configs: [qwen3Small] },
  ];

/** Millions of parameters with two digits: 7.1, 65, 480. */
function millions(parameters: number): string {
  const value = parameters / 1e6;
  return value < 10 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
}

/** Untrained models shaped like the paper's, most in three sizes. */
export const DRAWN: readonly Drawn[] = SHAPES.flatMap(({ id, like, configs }) =>
  configs.map((config): Drawn => {
    const spec = parseConfig(config);
    const size = millions(parametersOf(spec));
    return {
      id: `${id}-${size}m`,
      label: phrase`${like}, ${size} M parameters, ${spec.layers.length} layers`,
      family: spec.family,
      config,
    };
  }),
);

/** The untrained models that have the shape of one, itself included, smallest first; none for a model of weights. */
export function shapedLike(id: string): readonly Drawn[] {
  const shape = SHAPES.find((own) => DRAWN.some((preset) => preset.id === id && id.startsWith(`${own.id}-`)));
  return shape ? DRAWN.filter((preset) => preset.id.startsWith(`${shape.id}-`)) : [];
}

/** Whether a preset's weights are random: its text means nothing, only its times do. */
export const isUntrained = (id: string): boolean => DRAWN.some((preset) => preset.id === id);
