import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { farskipTable, parseSwitches } from '../../src/connectivity/farskip';
import { sequencesOf } from '../../src/lab/experiments/check';
import { connectivityOf } from '../../src/lab/setup/find_model';
import { type GradientOptions, gradientsOf, type LossGradients } from '../../src/lab/setup/gradients';
import { deploy } from '../../src/lab/setup/lab';
import { createTrainer, type Stepped, type TrainerOptions } from '../../src/lab/setup/trainer';
import { openCheckpoint } from '../../src/model/checkpoint';
import type { Plan } from '../../src/model/plan';
import { parseSafetensors, readFloats } from '../../src/model/safetensors';
import { within } from '../../src/model/source';
import type { Loss } from '../../src/program/lower_training';
import { openLab } from '../support';
import { errorOf } from './compare';

/** Of what goes through a pass forward and one backward. */
const GRADIENT_TOLERANCE = 1e-3;

/** A folder's gradients of losses, by each of `options`; and what PyTorch says of them. */
async function gradientsIn(
  name: string,
  connectivity: string,
  plan: Plan,
  options: Readonly<Record<'grad' | 'kl_grad', readonly GradientOptions[]>>,
) {
  const lab = await openLab();
  const folder = `test/oracle/fixtures/${name}`;
  const model = await deploy(lab, await openCheckpoint(within(lab.source, folder)), plan);
  const { spec } = model.checkpoint;
  const switches = JSON.parse(readFileSync(`${folder}/${connectivity}.json`, 'utf8'));
  const table = farskipTable(spec, parseSwitches(switches, spec));
  const file = new Uint8Array(readFileSync(`${folder}/expected.${connectivity}.safetensors`));
  const expected = parseSafetensors(file, connectivity);
  const ids = sequencesOf(expected.get('input_ids')!);
  const teacher = connectivityOf('regular', model.checkpoint);
  const computed: Record<'grad' | 'kl_grad', LossGradients[]> = { grad: [], kl_grad: [] };
  const add = async (to: 'grad' | 'kl_grad', loss: Loss) => {
    for (const each of options[to]) computed[to].push(await gradientsOf(lab, model, table, ids, loss, each));
  };
  await add('grad', { kind: 'next token' });
  if (expected.has('kl')) await add('kl_grad', { kind: 'divergence', teacher });
  model.cluster.destroy();
  return { expected, computed };
}

/** As of so many tokens: sums are in parts, in which there are a few tokens here, or none. */
const SPLIT = { tokens: 4096 };

/** Losses and gradients agree with PyTorch's: those of the first loss in parts, of the second whole. */
export async function gradientsAgree(name: string, connectivity: string, plan: Plan): Promise<void> {
  const { expected, computed } = await gradientsIn(name, connectivity, plan, { grad: [SPLIT], kl_grad: [{}] });
  const losses = { grad: 'loss', kl_grad: 'kl' } as const;
  for (const prefix of ['grad', 'kl_grad'] as const)
    for (const { loss, gradients } of computed[prefix]) {
      expect(errorOf([loss], readFloats(expected.get(losses[prefix])!)), losses[prefix]).toBeLessThanOrEqual(1e-4);
      const entries = [...expected.keys()].filter((entry) => entry.startsWith(`${prefix}.`));
      expect(entries.length).toBeGreaterThan(5);
      for (const entry of entries) {
        const own = gradients.get(entry.slice(prefix.length + 1))!;
        expect(errorOf(own, readFloats(expected.get(entry)!)), entry).toBeLessThanOrEqual(GRADIENT_TOLERANCE);
      }
    }
}

/** Both schedules give the same bits; a ring adds up the same; what travels in bf16 is about the same in all. */
export async function gradientsAreOne(name: string, plan: Plan): Promise<void> {
  const rings = plan.kind === 'tp' ? ([{ allReduce: 'ring' }] as const) : [];
  const again = { recompute: true } as const;
  const ways = [{}, { schedule: 'blocking' }, again, { wire: 'bf16', ...rings[0] }, ...rings] as const;
  const grad = ways.map((way) => ({ ...SPLIT, ...way }));
  const { computed } = await gradientsIn(name, 'farskip', plan, { grad, kl_grad: [] });
  const [first, blocking, recomputed, packed, ring] = computed.grad.map(({ gradients }) => gradients);
  expect(blocking).toEqual(first);
  expect(recomputed).toEqual(first);
  if (ring) expect(errorOf(allOf(ring), allOf(first!))).toBeLessThanOrEqual(1e-5);
  // Rounding may send a token to another expert: single tensors may be further off.
  expect(errorOf(allOf(packed!), allOf(first!))).toBeLessThanOrEqual(0.05);
}

const allOf = (gradients: ReadonlyMap<string, Float64Array>): number[] =>
  [...gradients.keys()].sort().flatMap((tensor) => [...gradients.get(tensor)!]);

/** As the oracle trains: on the same sequences again and again. */
const ADAMW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0.1 };

/** Losses before each of so many steps of AdamW, with norms of gradients; and losses that PyTorch has of the first. */
export async function lossesOfSteps(
  name: string,
  connectivity: string,
  plan: Plan,
  steps: number,
  options: Partial<TrainerOptions> = {},
): Promise<{ losses: readonly number[]; norms: readonly (number | null)[]; expected: readonly number[] }> {
  const lab = await openLab();
  const folder = `test/oracle/fixtures/${name}`;
  const model = await deploy(lab, await openCheckpoint(within(lab.source, folder)), plan);
  const { spec } = model.checkpoint;
  const table = farskipTable(
    spec,
    parseSwitches(JSON.parse(readFileSync(`${folder}/${connectivity}.json`, 'utf8')), spec),
  );
  const file = new Uint8Array(readFileSync(`${folder}/expected.${connectivity}.safetensors`));
  const expected = parseSafetensors(file, connectivity);
  const ids = sequencesOf(expected.get('input_ids')!);
  const trainer = await createTrainer(lab, model, table, { loss: { kind: 'next token' }, adamw: ADAMW, ...options });
  const stepped: Stepped[] = [];
  for (let step = 0; step < steps; step++) stepped.push(await trainer.step(ids, 1e-3));
  trainer.destroy();
  model.cluster.destroy();
  return {
    losses: stepped.map(({ loss }) => loss),
    norms: stepped.map(({ gradientNorm }) => gradientNorm),
    expected: Array.from(readFloats(expected.get('adamw_loss')!)),
  };
}
