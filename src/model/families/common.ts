import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { because, wholeNumber, z } from '../../words/zod';
import { yarnMscale } from '../rope';
import type { RopeScaling, RopeSpec, TensorNames } from '../spec';

export const size = z.number().int().positive();
/** A size that may be of any amount, as where it only ends or bounds something. */
export const bound = wholeNumber().positive();
export const expertNumber = size.max(4096);
export const flag = (value: boolean) =>
  z.literal(value, because(phrase`it should be ${String(value)}, as nothing else is computed here`)).default(value);
const positive = z.number().positive();

/** Scaling of RoPE as transformers 5 (`rope_parameters`) and 4 (`rope_scaling`; older ones say `type`) write it. */
const RopeParameters = z
  .object({
    rope_theta: positive.optional(),
    rope_type: z.enum(['default', 'linear', 'yarn', 'llama3']).optional(),
    type: z.enum(['default', 'linear', 'yarn', 'llama3']).optional(),
    factor: positive.optional(),
    original_max_position_embeddings: positive.optional(),
    attention_factor: positive.nullish(),
    beta_fast: positive.nullish(),
    beta_slow: positive.nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    truncate: z.boolean().optional(),
    low_freq_factor: positive.optional(),
    high_freq_factor: positive.optional(),
    partial_rotary_factor: z.literal(1).optional(),
  })
  // Some models have one for each kind of layer; none of those that run here.
  .catchall(
    z
      .unknown()
      .refine(
        (value) => typeof value !== 'object' || value === null || Array.isArray(value),
        because(phrase`one RoPE for all layers is computed here, not one for each kind`),
      ),
  );

/** FP8 and the like, which no kernel here reads. */
const unquantised = z
  .null(because(phrase`quantised weights are not read here; use a float32, float16 or bfloat16 checkpoint`))
  .optional();

/** Keys that every family's config.json has. */
export const CommonConfig = z.object({
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: size.max(512),
  num_attention_heads: size,
  max_position_embeddings: bound,
  rms_norm_eps: positive,
  hidden_act: z.literal('silu').default('silu'),
  attention_bias: flag(false),
  tie_word_embeddings: z.boolean().default(false),
  rope_theta: positive.optional(),
  rope_scaling: RopeParameters.nullish(),
  rope_parameters: RopeParameters.nullish(),
  quantization_config: unquantised,
  compression_config: unquantised,
});
type Common = z.infer<typeof CommonConfig>;

/** The parts of a ModelSpec that every family takes from the config in the same way. */
export const commonSpec = (config: Common) => ({
  vocabulary: config.vocab_size,
  hidden: config.hidden_size,
  normEps: config.rms_norm_eps,
  maxPositions: config.max_position_embeddings,
  tiedHead: config.tie_word_embeddings,
  attentionChunk: null,
  temperature: null,
});

export const PLAIN_NAMES: TensorNames = {
  block: 'mlp',
  router: 'gate',
  sharedExperts: 'shared_experts',
  experts: ['gate_proj', 'up_proj', 'down_proj'],
  unusedLayers: 0,
  within: '',
  leftOut: [],
};

/** As transformers 5 reads the two: one that has rope_scaling too is read as if rope_parameters were not there. */
function parametersOf({ rope_parameters, rope_scaling }: Common): z.infer<typeof RopeParameters> {
  const scaled = rope_scaling && Object.values(rope_scaling).some((value) => value !== undefined);
  return (scaled ? rope_scaling : rope_parameters) ?? {};
}

/**
 * RoPE over `dim` columns a head; `usualTheta` is the family's own default. Throws InputError with what is wrong, a
 * part of a sentence, when the scaling lacks a key, or leaves open which theta is meant.
 */
export function ropeOf(config: Common, dim: number, usualTheta: number): RopeSpec {
  const given = parametersOf(config);
  const theta = given.rope_theta ?? config.rope_theta ?? usualTheta;
  const other = config.rope_parameters?.rope_theta;
  if (given.rope_theta === undefined && config.rope_theta === undefined && other !== undefined && other !== theta)
    throw new InputError(
      phrase`rope_scaling takes the place of rope_parameters and names no rope_theta, which is ${other} there; put rope_theta into rope_scaling, or the scaling into rope_parameters`,
    );
  return { theta, dim, scaling: scalingOf(config) };
}

function scalingOf(config: Common): RopeScaling {
  const given = parametersOf(config);
  const need = (
    key: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings',
  ): number => {
    const value = given[key];
    if (value === undefined) throw new InputError(phrase`RoPE of type ${kind} needs ${key}`);
    return value;
  };
  const kind = given.rope_type ?? given.type ?? 'default';
  switch (kind) {
    case 'default':
      return { kind };
    case 'linear':
      return { kind, factor: need('factor') };
    case 'llama3':
      return {
        kind,
        factor: need('factor'),
        lowFactor: need('low_freq_factor'),
        highFactor: need('high_freq_factor'),
        originalPositions: need('original_max_position_embeddings'),
      };
    case 'yarn': {
      const originalPositions = given.original_max_position_embeddings ?? config.max_position_embeddings;
      const factor = given.factor ?? config.max_position_embeddings / originalPositions;
      const { mscale, mscale_all_dim } = given;
      const suggested =
        mscale && mscale_all_dim
          ? yarnMscale(factor, mscale) / yarnMscale(factor, mscale_all_dim)
          : yarnMscale(factor, 1);
      return {
        kind,
        factor,
        originalPositions,
        betaFast: given.beta_fast ?? 32,
        betaSlow: given.beta_slow ?? 1,
        truncate: given.truncate ?? true,
        attentionFactor: given.attention_factor ?? suggested,
      };
    }
  }
}

/** What DeepSeek multiplies the softmax scale by when YaRN stretches its positions. */
export function mlaScaleFactor(config: Common): number {
  const scaling = scalingOf(config);
  const { mscale_all_dim } = parametersOf(config);
  return scaling.kind === 'yarn' && mscale_all_dim ? yarnMscale(scaling.factor, mscale_all_dim) ** 2 : 1;
}

/** Number of experts, which transformers 4 and 5 name differently. */
export const expertCount = { num_experts: expertNumber.optional(), num_local_experts: expertNumber.optional() };
export function expertsOf(config: {
  num_experts?: number | undefined;
  num_local_experts?: number | undefined;
}): number {
  const experts = config.num_experts ?? config.num_local_experts;
  if (experts === undefined) throw new InputError(phrase`num_experts or num_local_experts is missing`);
  return experts;
}
