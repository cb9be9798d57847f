import { beforeAll, expect, test } from 'vitest';
import { bindProgram } from '../../src/cluster/executable';
import { checkRoom } from '../../src/cluster/fits';
import { memoryOfRun } from '../../src/cluster/memory';
import { tableOf } from '../../src/connectivity/methods';
import type { Engine } from '../../src/gpu/engine';
import { connectivityOf } from '../../src/lab/setup/find_model';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { stepFeeds } from '../../src/lab/setup/training_feeds';
import { openCheckpoint } from '../../src/model/checkpoint';
import { parseConfig } from '../../src/model/config';
import type { Plan } from '../../src/model/plan';
import { DRAWN } from '../../src/model/presets';
import { within } from '../../src/model/source';
import { INSTANT } from '../../src/network/link';
import { lowerTraining, type TrainingOptions } from '../../src/program/lower_training';
import { lowerUpdate } from '../../src/program/lower_update';
import type { Operation } from '../../src/program/program';
import { schedule as scheduleOf } from '../../src/schedule/schedule';
import { openLab } from '../support';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});

const ADAMW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0.1 };

test.each([
  [{ kind: 'ep', ranks: 2 }, 'blocking', false],
  [{ kind: 'ep', ranks: 2 }, 'overlapped', true],
  [{ kind: 'tp', ranks: 2 }, 'overlapped', false],
] as const)(
  'what a training step on %o, %s, holds is predicted (recomputed: %s)',
  async (plan, schedule, recompute) => {
    const model = await deploy(
      lab,
      await openCheckpoint(within(lab.source, 'test/oracle/fixtures/qwen3_moe')),
      plan as Plan,
    );
    const { spec } = model.checkpoint;
    const table = connectivityOf('farskip', model.checkpoint);
    const loss = { kind: 'next token' } as const;
    const options = { plan, wire: 'f32', allReduce: 'direct', loss, recompute } as const;
    const program = lowerUpdate(lowerTraining(spec, table, options), plan, { adamw: ADAMW, allReduce: 'direct' });
    const executable = await bindProgram(model.cluster, program);
    const sequences = Array.from({ length: 4 }, (_, s) => Array.from({ length: 40 }, (_, i) => (7 * s + 13 * i) % 100));
    const feeds = stepFeeds(spec, plan, sequences);
    const orders = executable.schedule(schedule, () => 1);
    const predicted = await executable.predict(orders, feeds);
    const before = executable.heldBytes();
    await executable.run(orders, feeds, { linkBetween: () => INSTANT, pause: lab.pause });
    const held = executable.heldBytes();
    expect(predicted).toBeGreaterThan(before);
    expect(Math.abs(predicted / held - 1)).toBeLessThanOrEqual(0.05);
    // What lives for the run alone is predicted, too, not only what is kept.
    expect(Math.abs((predicted - before) / (held - before) - 1)).toBeLessThanOrEqual(0.05);
    executable.destroy();
    model.cluster.destroy();
  },
);

const LONG = { spec: parseConfig(DRAWN.find(({ id }) => id === 'qwen3-30b-a3b-69m')!.config), tokens: 256, ranks: 2 };

/** Bytes of values of a step's run on so many devices, where kernels cost what they compute. */
function valuesOf(
  schedule: 'blocking' | 'overlapped',
  options: Partial<TrainingOptions>,
  { spec, tokens, ranks } = LONG,
): number {
  const plan = { kind: 'ep', ranks } as const;
  const whole = { plan, wire: 'bf16', allReduce: 'direct', loss: { kind: 'next token' }, ...options } as const;
  const training = lowerTraining(spec, tableOf('farskip', spec), whole);
  const program = lowerUpdate(training, plan, { adamw: ADAMW, allReduce: 'direct' });
  const sequences = Array.from({ length: ranks }, () => Array.from({ length: tokens }, () => 1));
  const feeds = stepFeeds(spec, plan, sequences);
  const cost = (op: Operation) => (op.kind === 'compute' && op.kernel.includes('gemm') ? 5 : 1);
  return memoryOfRun(program, scheduleOf(program, schedule, cost), feeds, 2 ** 31).bytes;
}

test.each(['blocking', 'overlapped'] as const)('layers that are computed again hold less, %s', (schedule) => {
  const [held, again] = [valuesOf(schedule, {}), valuesOf(schedule, { recompute: true })];
  expect(again).toBeLessThan(0.8 * held);
});

test.each(['blocking', 'overlapped'] as const)('a head in chunks holds less, %s', (schedule) => {
  // On one device, where gradients of the head are not added up.
  const wide = { spec: { ...LONG.spec, vocabulary: 2 ** 15 }, tokens: 1024, ranks: 1 };
  const chunk = 2 ** 11;
  const [whole, chunks] = [{}, { loss: { kind: 'next token', chunk } as const }].map((own) =>
    valuesOf(schedule, { recompute: true, ...own }, wide),
  );
  expect(chunks).toBeLessThan(0.8 * whole!);
});

test('a run that the GPU has no room for is refused with the numbers', async () => {
  let made = 0;
  const device = {
    limits: lab.engine.gpu.device.limits,
    pushErrorScope: () => {},
    popErrorScope: async () => (made > 3 ? new Error('no memory') : null),
    createBuffer() {
      made++;
      return { destroy: () => made-- };
    },
  };
  const gpu = { ...lab.engine.gpu, device, isProcessor: false };
  const cluster = {
    plan: { kind: 'ep', ranks: 1 } as const,
    ranks: [{ index: 0, engine: { ...lab.engine, gpu } as unknown as Engine, kept: new Map() }],
    weightBytes: 5e6,
  };
  const of = (bytes: number, largest: number) =>
    checkRoom(cluster, { bytes, largest: { name: 'logits', bytes: largest } }, { keptBytes: 1e6, haveBytes: 0 });
  await of(5e8, 1e6);
  await expect(of(1e12, 1e11)).rejects.toThrow(
    /\(logits\) needs a buffer of 100,000 MB on a device, but this GPU binds at most/,
  );
  await expect(of(1e10, 1e6)).rejects.toThrow(
    /needs 10,006 MB on 1 devices together \(weights 5 MB, .* 1 MB, values on the way 10,000 MB\)/,
  );
  expect(made).toBe(0);
});
