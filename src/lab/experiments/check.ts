import type { Connectivity } from '../../connectivity/connectivity';
import { farskipTable, parseSwitches } from '../../connectivity/farskip';
import { openCheckpoint } from '../../model/checkpoint';
import { parseSafetensors, readFloats, readIntegers, type Tensor } from '../../model/safetensors';
import { readFile, readJson, type Source, within } from '../../model/source';
import { USUAL_ADAMW } from '../../program/lower_pass';
import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';
import { createDecoder } from '../setup/decoder';
import { connectivityOf } from '../setup/find_model';
import { forward } from '../setup/forward';
import { gradientsOf } from '../setup/gradients';
import { type Deployed, deploy, type Lab } from '../setup/lab';
import { createTrainer } from '../setup/trainer';
import { argmax, crossEntropy, relativeError } from '../statistics/numbers';
import { type Experiment, tellRemark } from './experiment';
import { RunSettings } from './run_settings';

/** What became of one entry of an expected.*.safetensors; `not yet` is an entry that this engine does not compute. */
export type CheckRow = { readonly folder: string; readonly connectivity: string; readonly entry: string } & (
  | { readonly status: 'passed' | 'failed'; readonly error: number }
  | { readonly status: 'not yet' }
);

const CheckSettings = z.object({
  folder: z.string(),
  /** Names of C.json and expected.C.safetensors in the folder. */
  connectivities: z.array(z.string()),
  plan: z.object({ kind: RunSettings.shape.parallel, ranks: RunSettings.shape.ranks }),
});
type CheckSettings = Frozen<z.output<typeof CheckSettings>>;

export const TOLERANCE = 1e-4;
/** Of what goes through a pass forward and one backward. */
const GRADIENT_TOLERANCE = 1e-3;
const toleranceOf = (entry: string): number => (/^(kl|grad\.|adamw)/.test(entry) ? GRADIENT_TOLERANCE : TOLERANCE);

/**
 * Compares a checkpoint folder's forward passes with what PyTorch expects: for each connectivity C, C.json holds the
 * config keys and expected.C.safetensors the values (docs/checkpoints.md). Tells a row an entry.
 */
export const checkExperiment: Experiment<CheckSettings, readonly CheckRow[]> = {
  settings: CheckSettings,
  paths: ['folder'],
  async run(lab, { folder, connectivities, plan }, emit, signal) {
    const source = within(lab.source, folder);
    const checkpoint = await openCheckpoint(source);
    tellRemark(checkpoint, emit);
    const model = await deploy(lab, checkpoint, plan);
    const rows: CheckRow[] = [];
    try {
      for (const connectivity of connectivities)
        for await (const compared of comparedIn(lab, model, source, connectivity)) {
          signal?.throwIfAborted();
          const row = { folder, connectivity, ...compared };
          rows.push(row);
          emit({ kind: 'row', row });
        }
      return rows;
    } finally {
      model.cluster.destroy();
    }
  },
};

type Compared = { readonly entry: string } & (
  | { readonly status: 'passed' | 'failed'; readonly error: number }
  | { readonly status: 'not yet' }
);

/** Every expected entry of a connectivity, beside what is computed here. */
async function* comparedIn(lab: Lab, model: Deployed, source: Source, connectivity: string): AsyncGenerator<Compared> {
  const { spec } = model.checkpoint;
  const table = farskipTable(spec, parseSwitches(await readJson(source, `${connectivity}.json`), spec));
  const file = `expected.${connectivity}.safetensors`;
  const expected = parseSafetensors(await readFile(source, file), source.nameOf(file));
  const ids = sequencesOf(expected.get('input_ids')!);
  const computed = new Map([
    ...(await computedBy(lab, model, table, ids)),
    ...(await derivedBy(lab, model, table, ids, [...expected.keys()])),
  ]);
  for (const entry of [...expected.keys()].sort()) {
    if (entry === 'input_ids' || entry === 'stock_diff') continue;
    if (entry === 'greedy') {
      const error = await greedyError(lab, model, table, ids, sequencesOf(expected.get(entry)!));
      yield { entry, status: error === 0 ? 'passed' : 'failed', error };
      continue;
    }
    const found = computed.get(entry);
    if (!found) {
      yield { entry, status: 'not yet' };
      continue;
    }
    const error = relativeError(found, readFloats(expected.get(entry)!));
    yield { entry, status: error <= toleranceOf(entry) ? 'passed' : 'failed', error };
  }
}

/** Logits, loss and hidden states, by the names that expected files have for them. */
async function computedBy(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  ids: readonly (readonly number[])[],
): Promise<Map<string, ArrayLike<number>>> {
  const { logits, hidden } = await forward(lab, model, table, ids, { logits: 'all', hidden: true });
  const losses = logits.map((own, i) => crossEntropy(own, ids[i]!));
  const loss = losses.reduce((sum, l) => sum + l.sum, 0) / losses.reduce((sum, l) => sum + l.count, 0);
  return new Map<string, ArrayLike<number>>([
    ['logits', joined(logits)],
    ['loss', [loss]],
    ...hidden.map((own, k) => [`hidden.${k}`, joined(own)] as const),
  ]);
}

/** Gradients of the loss, and of the divergence from the regular connectivity, as far as they are expected. */
async function derivedBy(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  ids: readonly (readonly number[])[],
  wanted: readonly string[],
): Promise<Map<string, ArrayLike<number>>> {
  const derived = new Map<string, ArrayLike<number>>();
  const take = (prefix: string, gradients: ReadonlyMap<string, Float64Array>) => {
    for (const [tensor, own] of gradients) derived.set(`${prefix}.${tensor}`, own);
  };
  if (wanted.some((entry) => entry.startsWith('grad.')))
    take('grad', (await gradientsOf(lab, model, table, ids, { kind: 'next token' })).gradients);
  if (wanted.includes('kl')) {
    const teacher = connectivityOf('regular', model.checkpoint);
    const { loss, gradients } = await gradientsOf(lab, model, table, ids, { kind: 'divergence', teacher });
    derived.set('kl', [loss]);
    take('kl_grad', gradients);
  }
  if (wanted.includes('adamw_loss')) derived.set('adamw_loss', await lossesOfSteps(lab, model, table, ids));
  return derived;
}

/** As the oracle trains: on the same sequences again and again. */
const RATE = 1e-3;
const STEPS = 5;

/** Losses before each of some steps, on weights of their own. */
async function lossesOfSteps(
  lab: Lab,
  { checkpoint, cluster: { plan } }: Deployed,
  table: Connectivity,
  ids: readonly (readonly number[])[],
): Promise<number[]> {
  const model = await deploy(lab, checkpoint, plan);
  try {
    const trainer = await createTrainer(lab, model, table, { loss: { kind: 'next token' }, adamw: USUAL_ADAMW });
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) losses.push((await trainer.step(ids, RATE)).loss);
    trainer.destroy();
    return losses;
  } finally {
    model.cluster.destroy();
  }
}

/** Share of greedy tokens after the prompts that differ from those expected, decoded token by token with a cache. */
async function greedyError(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  prompts: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): Promise<number> {
  const capacity = Math.max(...expected.map((ids) => ids.length));
  const decoder = await createDecoder(lab, model, table, {
    sequences: prompts.length,
    capacity,
    schedule: 'overlapped',
    cost: () => 1,
    topology: null,
  });
  try {
    let next = prompts;
    let wrong = 0;
    let total = 0;
    for (let at = prompts[0]!.length; at < capacity; at++) {
      const { logits } = await decoder.step(next);
      next = logits.map((own) => [argmax(own!)]);
      next.forEach(([id], i) => {
        total++;
        if (id !== expected[i]![at]) wrong++;
      });
    }
    return wrong / total;
  } finally {
    decoder.destroy();
  }
}

/** Rows of an [B, T] tensor of ids. */
export function sequencesOf(ids: Tensor): number[][] {
  const [count = 0, length = 0] = ids.shape;
  const values = Array.from(readIntegers(ids));
  return Array.from({ length: count }, (_, i) => values.slice(i * length, (i + 1) * length));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
