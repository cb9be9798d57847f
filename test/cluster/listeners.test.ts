import { expect, test, vi } from 'vitest';
import { createPause } from '../../src/cluster/pause';
import { deploy } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import { within } from '../../src/model/source';
import { openLab } from '../support';

test('loading a model leaves no listener on the signal that may stop it, and a stop closes the files', async () => {
  const lab = await openLab();
  const checkpoint = await openCheckpoint(within(lab.source, 'test/oracle/fixtures/deepseek_v2'));
  const stop = new AbortController();
  const { signal } = stop;
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  const { cluster } = await deploy(lab, checkpoint, { kind: 'ep', ranks: 2 }, { signal });
  cluster.destroy();
  expect(added.mock.calls.length).toBeGreaterThan(10);
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener));

  if (checkpoint.weights.kind !== 'stored') throw new Error('it is drawn');
  const { tensors } = checkpoint.weights;
  let closed = false;
  async function* watched(): AsyncGenerator<never> {
    try {
      for await (const tensor of tensors()) {
        stop.abort();
        yield tensor as never;
      }
    } finally {
      closed = true;
    }
  }
  const own = { ...checkpoint, weights: { ...checkpoint.weights, tensors: watched } };
  await expect(deploy(lab, own, { kind: 'ep', ranks: 2 }, { signal: stop.signal })).rejects.toThrow(/abort/i);
  await expect.poll(() => closed).toBe(true);
});

test('a pause that is closed closes both ports, and holds nobody up', async () => {
  const { port1, port2 } = new MessageChannel();
  const [first, second] = [vi.spyOn(port1, 'close'), vi.spyOn(port2, 'close')];
  vi.stubGlobal('setImmediate', undefined);
  vi.stubGlobal(
    'MessageChannel',
    class {
      readonly port1 = port1;
      readonly port2 = port2;
    },
  );
  const device = { pushErrorScope: () => {}, popErrorScope: async () => null };
  const pause = createPause({ device } as never, () => {});
  await pause.turn();
  const waiting = pause.turn();
  pause.close();
  await waiting;
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
  vi.unstubAllGlobals();
});
