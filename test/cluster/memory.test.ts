import { beforeAll, expect, test } from 'vitest';
import { bindProgram } from '../../src/cluster/executable';
import { checkRoom } from '../../src/cluster/fits';
import type { Engine } from '../../src/gpu/engine';
import { connectivityOf } from '../../src/lab/setup/find_model';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { stepFeeds } from '../../src/lab/setup/training_feeds';
import { openCheckpoint } from '../../src/model/checkpoint';
import type { Plan } from '../../src/model/plan';
import { within } from '../../src/model/source';
import { INSTANT } from '../../src/network/link';
import { lowerTraining } from '../../src/program/lower_training';
import { lowerUpdate } from '../../src/program/lower_update';
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
