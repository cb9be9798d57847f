import { expect, test } from 'vitest';
import { diskSource } from '../../src/cli/disk';
import { checkTimed } from '../../src/cluster/timed_passes';
import { tableOf } from '../../src/connectivity/methods';
import { openCheckpoint } from '../../src/model/checkpoint';
import { within } from '../../src/model/source';
import { lower } from '../../src/program/lower';
import { schedule } from '../../src/schedule/schedule';

test('orders of more kernels than can be timed are refused before they run', async () => {
  const { spec } = await openCheckpoint(within(diskSource('.'), 'test/oracle/fixtures/deepseek_v2'));
  const ordersOf = (layers: number) => {
    const own = { ...spec, layers: Array.from({ length: layers }, () => spec.layers.at(-1)!) };
    const options = { wire: 'bf16', allReduce: 'direct', logits: 'last', hidden: false, cached: false } as const;
    const plan = { kind: 'ep', ranks: 16 } as const;
    return schedule(lower(own, tableOf('regular', own), { ...options, plan }), 'blocking', () => 1);
  };
  const most = ordersOf(60);
  checkTimed(most, 16, 16);
  const many = [...most, ...most, ...most];
  const kernels = 16 * many.filter((order) => order.do === 'compute').length;
  const sentence = `A run of ${kernels} kernels is more than can be timed; use fewer devices or layers.`;
  expect(() => checkTimed(many, 16, 16)).toThrow(sentence);
  // On a device of its own each rank has its own count.
  checkTimed(many, 1, 16);
});
