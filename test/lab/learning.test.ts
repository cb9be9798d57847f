import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { tableOf } from '../../src/connectivity/methods';
import { STATE } from '../../src/lab/experiments/training/state';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { createScorer } from '../../src/lab/setup/scorer';
import { createTrainer } from '../../src/lab/setup/trainer';
import { seededRandom } from '../../src/lab/statistics/random';
import { parseConfig } from '../../src/model/config';
import { USUAL_ADAMW } from '../../src/program/lower_pass';
import { openLab } from '../support';
import { stateIn, TEXT, trainUntil } from './train_until';
import { SETTINGS } from './training_settings';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('.');
});

/** A model that SwiftShader trains in seconds. */
const tiny = (vocab_size: number, heads: number) => ({
  architectures: ['Qwen3MoeForCausalLM'],
  vocab_size,
  hidden_size: 16 * heads,
  num_hidden_layers: 1,
  num_attention_heads: heads,
  num_key_value_heads: 1,
  head_dim: 16,
  num_experts: 4,
  num_experts_per_tok: 2,
  moe_intermediate_size: 16 * heads,
  intermediate_size: 64,
  norm_topk_prob: true,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
});

const LETTERS = 8;
const LENGTH = 3;
const EQUALS = LETTERS;

test('a tiny FarSkip model learns to copy what it has not seen', async () => {
  const config = tiny(LETTERS + 1, 2);
  const spec = parseConfig(config);
  const checkpoint = { spec, config, weights: { kind: 'drawn', seed: 1 } as const, leftOut: 0 };
  const model = await deploy(lab, checkpoint, { kind: 'ep', ranks: 1 });
  const table = tableOf('farskip', spec);
  const random = seededRandom(2);
  // Some letters, and once more.
  const copied = () => {
    const letters = Array.from({ length: LENGTH }, () => Math.floor(random() * LETTERS));
    return [...letters, EQUALS, ...letters];
  };
  const unseen = Array.from({ length: 50 }, copied);
  const seen = new Set(unseen.map((own) => own.join()));
  const next = (): number[] => {
    const own = copied();
    return seen.has(own.join()) ? next() : own;
  };
  const scorer = await createScorer(lab, model, table, { kind: 'next token' });
  const rightOf = async () =>
    (await scorer.score(unseen)).filter(({ likeliest }, i) =>
      unseen[i]!.every((id, at) => at <= LENGTH || likeliest[at - 1] === id),
    ).length;
  const trainer = await createTrainer(lab, model, table, {
    loss: { kind: 'next token' },
    adamw: { ...USUAL_ADAMW, decay: 0 },
    clip: 1,
  });
  expect(await rightOf()).toBeLessThan(5);
  let right = 0;
  for (let step = 1; step <= 150 && right < 45; step++) {
    await trainer.step(Array.from({ length: 16 }, next), 1e-2);
    if (step % 10 === 0) right = await rightOf();
  }
  expect(right).toBeGreaterThanOrEqual(45);
  trainer.destroy();
  scorer.destroy();
  model.cluster.destroy();
});

const SHAPE = [
  new File([JSON.stringify(tiny(1024, 1))], 'config.json'),
  new File([new Uint8Array(readFileSync('public/models/reference/tokenizer.json'))], 'tokenizer.json'),
  new File([readFileSync('public/texts/alice.txt', 'utf8').slice(0, 4000)], TEXT),
];
const ALONE = {
  ...SETTINGS,
  ...{ model: 'files:tiny', fresh: true, teacher: null, data: TEXT, steps: 6, warmup: 2 },
  benchmark: { every: 2, items: 2, patience: 9, delta: 0.01 },
};

const trained = (stopIn: number, given: readonly File[], own: object) =>
  trainUntil(lab, stopIn, given, { ...ALONE, ...own });

test('a training that is stopped after any step goes on as if it had not been, bit for bit', async () => {
  const never = Number.POSITIVE_INFINITY;
  const whole = await trained(never, SHAPE, {});
  expect([whole.ended, whole.curve.length, whole.benchmarks.length]).toEqual(['all steps', 6, 3]);
  const embedding = 'weights/model.embed_tokens.weight';
  const ofEmbedding = (own: { state: Uint8Array }) => stateIn(own.state).get(embedding);
  const frozen = await trained(never, SHAPE, { steps: 2, frozenEmbedding: true });
  const once = await trained(never, SHAPE, { steps: 1, frozenEmbedding: true });
  expect(ofEmbedding(frozen)).toEqual(ofEmbedding(once));
  expect(frozen.curve[1]!.loss).not.toBe(frozen.curve[0]!.loss);
  for (const at of [1, 2, 3, 4, 5]) {
    const begun = await trained(at, SHAPE, {});
    expect([begun.ended, begun.curve.length, begun.heldOut.after]).toEqual(['stopped', at, null]);
    const state = new File([begun.state], STATE);
    const gone = await trained(never, [...SHAPE, state], { resume: STATE });
    for (const part of ['curve', 'benchmarks', 'step', 'heldOut'] as const) expect(gone[part]).toEqual(whole[part]);
    expect(gone.weights).toEqual(whole.weights);
    expect(stateIn(gone.state)).toEqual(stateIn(whole.state));
    if (at > 1) continue;
    expect(ofEmbedding(begun)).not.toEqual(ofEmbedding(whole));
    await expect(trained(never, [...SHAPE, state], { resume: STATE, rate: 0.5 })).rejects.toThrow(
      /has rate 0.001, not 0.5; give its settings/,
    );
    const other = new File(['Another text. '.repeat(400)], TEXT);
    await expect(trained(never, [...SHAPE.slice(0, 2), other, state], { resume: STATE })).rejects.toThrow(
      /learnt from other data than “text.txt” is now/,
    );
    await expect(trained(never, SHAPE, { resume: STATE })).rejects.toThrow(/training.safetensors can't be read/);
  }
});
