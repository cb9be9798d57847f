import type { Pause } from '../../cluster/pause';
import type { Engine } from '../../gpu/engine';
import { HOST_WRITES, type HostWrite, type HostWriter } from '../../gpu/host_write';
import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';
import { openEngines } from '../setup/lab';
import type { Experiment } from './experiment';

/**
 * How many bytes a second go one way between host and GPU, or from device to device through the host; all devices at
 * once.
 */
export type TransferRate = { readonly way: string; readonly mib: number; readonly gbps: number };

const BenchSettings = z.object({
  /** Sizes of what each device sends at a time, MiB. */
  mib: z.array(z.number().positive().max(256)).min(1),
  devices: z.number().int().min(1).max(64),
  /** A worker for each device, at the same time, instead of one for all; in a browser only. */
  workerEach: z.boolean(),
});
export type BenchSettings = Frozen<z.output<typeof BenchSettings>>;

/** What several engines with devices of their own, at work at the same time, transfer together. */
export const together = (engines: readonly (readonly TransferRate[])[]): TransferRate[] =>
  engines[0]!.map((rate, i) => ({ ...rate, gbps: engines.reduce((sum, rates) => sum + rates[i]!.gbps, 0) }));

/** How long each way is tried, ms. */
const TRIED_MS = 400;
const WAYS = Object.keys(HOST_WRITES) as HostWrite[];

type Device = { readonly engine: Engine; readonly source: GPUBuffer; readonly target: GPUBuffer };

/**
 * Tries the ways of bytes from devices to the host (`down`), from the host to devices (`up`), and from each device to
 * the next through the host (`through`).
 */
export const benchExperiment: Experiment<BenchSettings, readonly TransferRate[]> = {
  settings: BenchSettings,
  paths: [],
  async run(lab, { mib: sizes, devices: count }, emit, signal) {
    const engines = await openEngines(lab, 'separate', count);
    const pools = engines.ofRank.map((engine) => engine.createPool());
    const rates: TransferRate[] = [];
    const total = sizes.length * (2 + 2 * WAYS.length);
    try {
      for (const mib of sizes) {
        const bytes = mib * 2 ** 20;
        const devices: Device[] = engines.ofRank.map((engine, i) => ({
          engine,
          source: pools[i]!.reserve(bytes).buffer,
          target: pools[i]!.reserve(bytes).buffer,
        }));
        await tryWays(devices, bytes, async (way, once) => {
          signal?.throwIfAborted();
          rates.push({ way, mib, gbps: (count * bytes) / 1e6 / (await meanMs(lab.pause, once)) });
          emit({ kind: 'progress', doing: { phase: 'working' }, done: rates.length, total, part: null });
        });
        for (const pool of pools) pool.destroy();
      }
    } finally {
      for (const pool of pools) pool.destroy();
      engines.close();
    }
    return rates;
  },
};

/** Gives each way, and what moves `bytes` once on all devices by it. */
async function tryWays(
  devices: readonly Device[],
  bytes: number,
  time: (way: string, once: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const host = new Uint8Array(bytes).fill(1);
  await time('down, copied out', () => all(devices, async (device) => void (await down(device, bytes, true))));
  await time('down, read in place', () => all(devices, async (device) => (await down(device, bytes, false)).release()));
  for (const way of WAYS) {
    const writers = devices.map(({ engine }) => HOST_WRITES[way](engine.gpu));
    await time(`up, ${way}`, () => all(devices, (device, i) => up(device, writers[i]!, host)));
    await time(`through, ${way}`, () =>
      all(devices, async (device, i) => {
        const next = (i + 1) % devices.length;
        const held = await down(device, bytes, false);
        const done = up(devices[next]!, writers[next]!, held.parts[0]!);
        held.release();
        await done;
      }),
    );
    for (const writer of writers) writer.destroy();
  }
}

const all = (devices: readonly Device[], work: (device: Device, index: number) => Promise<void>): Promise<unknown> =>
  Promise.all(devices.map(work));

async function down({ engine, source }: Device, bytes: number, copied: boolean) {
  const encoder = engine.gpu.device.createCommandEncoder();
  const { map } = engine.readback.hold(encoder, [{ buffer: source, offset: 0, bytes }]);
  engine.gpu.device.queue.submit([encoder.finish()]);
  const held = await map();
  if (copied) {
    held.parts[0]!.slice();
    held.release();
  }
  return held;
}

async function up({ engine, target }: Device, writer: HostWriter, bytes: Uint8Array): Promise<void> {
  const { device } = engine.gpu;
  const encoder = device.createCommandEncoder();
  writer.write(encoder, target, 0, bytes);
  writer.submitting();
  device.queue.submit([encoder.finish()]);
  writer.submitted();
  await device.queue.onSubmittedWorkDone();
}

async function meanMs(pause: Pause, once: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 2; i++) await pause.during(once());
  const since = performance.now();
  let times = 0;
  do {
    await pause.during(once());
    times++;
  } while (performance.now() - since < TRIED_MS);
  return (performance.now() - since) / times;
}
