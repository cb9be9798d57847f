import { median } from 'simple-statistics';
import type { Pause } from '../../cluster/pause';
import type { Engine } from '../../gpu/engine';
import type { Launch } from '../../gpu/launcher';
import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';
import type { Experiment } from './experiment';

/**
 * What something costs that the host does for a kernel or a collective, µs each: of the calling thread; by the host's
 * clock until the GPU had done all of them; by the GPU's. Null where it is not known.
 */
export type HostCost = {
  readonly what: string;
  readonly threadUs: number | null;
  readonly wallUs: number;
  readonly gpuUs: number | null;
};

const HostBenchSettings = z.object({
  /** Launches in a row. */
  launches: z.number().int().min(1).max(2000),
  /** Of so many samples the medians count. */
  samples: z.number().int().min(1).max(100),
});
export type HostBenchSettings = Frozen<z.output<typeof HostBenchSettings>>;

/** How launches are recorded: so many in a pass, and whether passes are timed; a submit each, or one for all. */
type Way = { readonly what: string; readonly inPass: number; readonly stamped: boolean; readonly submits: boolean };

const WAYS: readonly Way[] = [
  { what: 'launch, all in one pass', inPass: Number.POSITIVE_INFINITY, stamped: false, submits: false },
  { what: 'launch, 16 in a timed pass', inPass: 16, stamped: true, submits: false },
  { what: 'launch, a pass each', inPass: 1, stamped: false, submits: false },
  { what: 'launch, a timed pass each', inPass: 1, stamped: true, submits: false },
  { what: 'launch, a timed pass and a submit each', inPass: 1, stamped: true, submits: true },
];

/** A kernel that does next to nothing, so that what is timed is what a launch costs. */
const ADD = { kernel: 'add', sizes: { rows: 1, width: 64 } } as const;

/** Times launches, each of which reads what the one before wrote, and what announces a collective. */
export const hostBenchExperiment: Experiment<HostBenchSettings, readonly HostCost[]> = {
  settings: HostBenchSettings,
  paths: [],
  async run({ engine, pause }, { launches: count, samples }, emit, signal) {
    const pool = engine.createPool();
    await engine.launcher.prepare([ADD]);
    const values = Array.from({ length: count + 1 }, () => pool.reserve(256));
    const bind = (i: number) => engine.launcher.bind('add', ADD.sizes, [values[i]!, values[i]!, values[i + 1]!]);
    const launches = Array.from({ length: count }, (_, i) => bind(i));
    const costs: HostCost[] = [];
    const add = (cost: HostCost) => {
      signal?.throwIfAborted();
      costs.push(cost);
      emit({ kind: 'progress', doing: { phase: 'working' }, done: costs.length, total: WAYS.length + 3, part: null });
    };
    try {
      for (const way of WAYS) {
        const runs: Omit<HostCost, 'what'>[] = [];
        // The first ones find the GPU idle.
        for (let i = -2; i < samples; i++) {
          const run = await launch(engine, pause, launches, way);
          if (i >= 0) runs.push(run);
        }
        add({ what: way.what, ...mediansOf(runs) });
      }
      add(thread('bind', count, () => launches.map((_, i) => bind(i)).forEach(engine.launcher.release)));
      const announcing: number[] = [];
      for (let i = 0; i < Math.max(20, samples); i++) announcing.push(await announce(engine, pause, launches[0]!));
      add({ what: 'announcement: submitted until heard', threadUs: null, wallUs: median(announcing), gpuUs: null });
      const since = performance.now();
      for (let i = 0; i < count; i++) await pause.turn();
      add({ what: 'turn', threadUs: null, wallUs: (1000 * (performance.now() - since)) / count, gpuUs: null });
    } finally {
      launches.forEach(engine.launcher.release);
      pool.destroy();
    }
    return costs;
  },
};

const mediansOf = (runs: readonly Omit<HostCost, 'what'>[]): Omit<HostCost, 'what'> => {
  const gpu = runs.flatMap(({ gpuUs }) => gpuUs ?? []);
  return {
    threadUs: median(runs.map(({ threadUs }) => threadUs!)),
    wallUs: median(runs.map(({ wallUs }) => wallUs)),
    gpuUs: gpu.length === runs.length ? median(gpu) : null,
  };
};

function thread(what: string, count: number, work: () => void): HostCost {
  const since = performance.now();
  work();
  const us = (1000 * (performance.now() - since)) / count;
  return { what, threadUs: us, wallUs: us, gpuUs: null };
}

async function launch(
  { gpu: { device }, timestamps, launcher, readback }: Engine,
  pause: Pause,
  launches: readonly Launch[],
  { inPass, stamped, submits }: Way,
): Promise<Omit<HostCost, 'what'>> {
  timestamps?.reset();
  const since = performance.now();
  let encoder = device.createCommandEncoder();
  const begin = (timed: boolean) => {
    const timestampWrites = timed ? timestamps?.next() : undefined;
    return encoder.beginComputePass(timestampWrites && { timestampWrites });
  };
  begin(true).end();
  for (let i = 0; i < launches.length; ) {
    const pass = begin(stamped);
    for (const end = Math.min(launches.length, i + inPass); i < end; i++) launcher.record(pass, launches[i]!);
    pass.end();
    if (!submits) continue;
    device.queue.submit([encoder.finish()]);
    encoder = device.createCommandEncoder();
  }
  begin(true).end();
  const map = timestamps && readback.record(encoder, timestamps.resolve(encoder).ranges);
  device.queue.submit([encoder.finish()]);
  const handed = performance.now();
  const parts = await pause.during(map ? map() : device.queue.onSubmittedWorkDone());
  const done = performance.now();
  const each = (ms: number) => (1000 * ms) / launches.length;
  const stamps = parts?.flatMap((part) => [...new BigUint64Array(part)]);
  return {
    threadUs: each(handed - since),
    wallUs: each(done - since),
    gpuUs: stamps ? each(Number(stamps.at(-1)! - stamps[0]!) / 1e6) : null,
  };
}

/** From the submit of a kernel until the host has heard that it ended, µs. */
async function announce({ gpu: { device }, launcher, readback }: Engine, pause: Pause, launch: Launch) {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  launcher.record(pass, launch);
  pass.end();
  const map = readback.record(encoder, [{ buffer: launch.buffers[0]!.buffer, offset: 0, bytes: 16 }]);
  const since = performance.now();
  device.queue.submit([encoder.finish()]);
  await pause.during(map());
  return 1000 * (performance.now() - since);
}
