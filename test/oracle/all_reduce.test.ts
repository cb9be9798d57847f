import { expect, test } from 'vitest';
import { tableOf } from '../../src/connectivity/methods';
import { forward } from '../../src/lab/setup/forward';
import { deploy, openEngines } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import { within } from '../../src/model/source';
import { openLab } from '../support';
import { errorOf } from './compare';

// Five tokens on four ranks: the chunks of a ring are of two, two, one and no rows.
const SEQUENCES = [[3, 1, 4, 1, 5]];

test.each(['mlp_only', 'ladder'])(
  '%s: a ring gives the bits of a direct exchange, a 16-bit wire nearly those of f32',
  async (name) => {
    const lab = await openLab();
    const checkpoint = await openCheckpoint(within(lab.source, 'test/oracle/fixtures/deepseek_v2'));
    const table = tableOf(name, checkpoint.spec);
    const tp = await deploy(lab, checkpoint, { kind: 'tp', ranks: 4 });
    const ep = await deploy(lab, checkpoint, { kind: 'ep', ranks: 4 });
    const options = { logits: 'all', hidden: false } as const;
    const [direct, ring] = [
      await forward(lab, tp, table, SEQUENCES, { ...options, allReduce: 'direct' }),
      await forward(lab, tp, table, SEQUENCES, { ...options, allReduce: 'ring' }),
    ];
    expect(ring.logits).toEqual(direct.logits);
    const rounded = [
      await forward(lab, tp, table, SEQUENCES, { ...options, wire: 'bf16', allReduce: 'direct' }),
      await forward(lab, tp, table, SEQUENCES, { ...options, wire: 'bf16', allReduce: 'ring' }),
      await forward(lab, ep, table, SEQUENCES, { ...options, wire: 'bf16' }),
    ];
    for (const { logits } of rounded) {
      const error = errorOf(logits[0]!, direct.logits[0]!);
      expect(error).toBeGreaterThan(1e-5);
      expect(error).toBeLessThan(2e-2);
    }
    tp.cluster.destroy();
    ep.cluster.destroy();
  },
);

test('devices of their own, messages through the host, compute the bits of devices that share one', async () => {
  const lab = await openLab();
  const checkpoint = await openCheckpoint(within(lab.source, 'test/oracle/fixtures/deepseek_v2'));
  const table = tableOf('farskip', checkpoint.spec);
  const engines = await openEngines(lab, 'separate', 4);
  expect(new Set(engines.ofRank).size).toBe(4);
  const sequences = [...SEQUENCES, [2, 7], [1, 8, 2, 8, 1, 8]];
  for (const [kind, allReduce, wire] of [
    ['ep', 'direct', 'bf16'],
    ['tp', 'direct', 'f32'],
    ['tp', 'ring', 'bf16'],
  ] as const) {
    const shared = await deploy(lab, checkpoint, { kind, ranks: 4 });
    const separate = await deploy(lab, checkpoint, { kind, ranks: 4 }, { engines: engines.ofRank });
    const options = { logits: 'all', hidden: false, wire, allReduce } as const;
    const { logits } = await forward(lab, separate, table, sequences, options);
    expect(logits).toEqual((await forward(lab, shared, table, sequences, options)).logits);
    shared.cluster.destroy();
    separate.cluster.destroy();
  }
  engines.close();
});
