import { expect, test } from 'vitest';
import { parseConfig } from '../../src/model/config';
import { ropeTable } from '../../src/model/rope';
import type { RopeScaling, RopeSpec } from '../../src/model/spec';

const THETA = 500000;
const DIM = 64;
const POSITIONS = 300;

/** The published formulas, each written as its paper or reference has it, pair i of a head, in float64. */
const published: {
  readonly name: string;
  readonly scaling: RopeScaling;
  readonly frequency: (plain: number, i: number) => number;
}[] = [
  { name: 'default', scaling: { kind: 'default' }, frequency: (plain) => plain },
  // Position interpolation: position m stands where m / s did.
  { name: 'linear', scaling: { kind: 'linear', factor: 8 }, frequency: (plain) => plain / 8 },
  {
    // Llama 3.1: by wavelength; long ones stretched, short ones kept, those between mixed.
    name: 'llama3',
    scaling: { kind: 'llama3', factor: 8, lowFactor: 1, highFactor: 4, originalPositions: 8192 },
    frequency: (plain) => {
      const wavelength = (2 * Math.PI) / plain;
      if (wavelength < 8192 / 4) return plain;
      if (wavelength > 8192 / 1) return plain / 8;
      const smooth = (8192 / wavelength - 1) / (4 - 1);
      return ((1 - smooth) * plain) / 8 + smooth * plain;
    },
  },
  {
    // YaRN: h(theta_d) = (1 - gamma) theta_d / s + gamma theta_d, gamma a ramp between the pairs that make beta_slow
    // and beta_fast rotations over the original positions (their indices rounded outwards, as the reference does).
    name: 'yarn',
    scaling: {
      kind: 'yarn',
      factor: 40,
      originalPositions: 4096,
      betaFast: 32,
      betaSlow: 1,
      truncate: true,
      attentionFactor: 1.3,
    },
    frequency: (plain, i) => {
      const index = (rotations: number) => (DIM / 2) * (Math.log(4096 / (2 * Math.PI * rotations)) / Math.log(THETA));
      const [low, high] = [Math.floor(index(32)), Math.ceil(index(1))];
      const gamma = i <= low ? 1 : i >= high ? 0 : 1 - (i - low) / (high - low);
      return ((1 - gamma) * plain) / 40 + gamma * plain;
    },
  },
];

test.each(published)('$name: the table is cos and sin of the published angles', ({ scaling, frequency }) => {
  const rope: RopeSpec = { theta: THETA, dim: DIM, scaling };
  const table = ropeTable(rope, POSITIONS);
  const factor = scaling.kind === 'yarn' ? 1.3 : 1;
  let worst = 0;
  for (let p = 0; p < POSITIONS; p++)
    for (let i = 0; i < DIM / 2; i++) {
      const angle = p * frequency(THETA ** (-(2 * i) / DIM), i);
      worst = Math.max(
        worst,
        Math.abs(table[p * DIM + 2 * i]! - factor * Math.cos(angle)),
        Math.abs(table[p * DIM + 2 * i + 1]! - factor * Math.sin(angle)),
      );
    }
  // Frequency and angle are rounded to float32, as in PyTorch: an angle of 300 is off by 300 * 2^-24 at most twice.
  expect(worst).toBeLessThan(factor * POSITIONS * 2 ** -23);
});

const v2Lite = {
  architectures: ['DeepseekV2ForCausalLM'],
  vocab_size: 102400,
  hidden_size: 2048,
  num_hidden_layers: 27,
  num_attention_heads: 16,
  max_position_embeddings: 163840,
  rms_norm_eps: 1e-6,
  q_lora_rank: null,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  n_routed_experts: 64,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  moe_intermediate_size: 1408,
  intermediate_size: 10944,
  first_k_dense_replace: 1,
  topk_method: 'greedy',
  n_group: 1,
  topk_group: 1,
  routed_scaling_factor: 1,
  tie_word_embeddings: false,
};
const yarn = {
  factor: 40,
  original_max_position_embeddings: 4096,
  beta_fast: 32,
  beta_slow: 1,
  mscale: 0.7,
  mscale_all_dim: 0.7,
};

test('transformers 4 and 5 spell the same YaRN, as for DeepSeek-V2-Lite', () => {
  const four = parseConfig({ ...v2Lite, rope_theta: 10000, rope_scaling: { type: 'yarn', ...yarn } });
  const five = parseConfig({ ...v2Lite, rope_parameters: { rope_theta: 10000, rope_type: 'yarn', ...yarn } });
  expect(five).toEqual(four);
  expect(four.rope).toMatchObject({ theta: 10000, dim: 64, scaling: { kind: 'yarn', factor: 40, attentionFactor: 1 } });
  // The softmax scale carries mscale squared: (0.1 * 0.7 * ln 40 + 1)^2.
  const { attention } = four.layers[0]!;
  expect(attention.scale).toBeCloseTo(192 ** -0.5 * (0.07 * Math.log(40) + 1) ** 2, 12);
});

test('a suggested attention factor is 0.1 ln(factor) + 1, a given one is taken', () => {
  const scaled = (more: object) =>
    parseConfig({
      ...v2Lite,
      rope_parameters: {
        rope_theta: 10000,
        rope_type: 'yarn',
        factor: 4,
        original_max_position_embeddings: 4096,
        ...more,
      },
    }).rope.scaling;
  expect(scaled({})).toMatchObject({ attentionFactor: 0.1 * Math.log(4) + 1 });
  expect(scaled({ attention_factor: 0.9 })).toMatchObject({ attentionFactor: 0.9 });
});

test.each([
  [{ rope_type: 'linear' }, /RoPE of type linear needs factor/],
  [{ rope_type: 'llama3', factor: 8 }, /RoPE of type llama3 needs low_freq_factor/],
  [{ rope_type: 'longrope' }, /rope_parameters.rope_type/],
])('%j is refused in a sentence', (rope_parameters, sentence) => {
  expect(() => parseConfig({ ...v2Lite, rope_parameters })).toThrow(sentence);
});
