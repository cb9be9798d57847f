import { median } from 'simple-statistics';
import type { Pause } from '../../cluster/pause';
import { calibrate } from '../../cluster/recorder';
import { GpuUnavailable, openGpu } from '../../gpu/device';
import { createEngine, type Engine } from '../../gpu/engine';
import type { Launch } from '../../gpu/launcher';
import { BYTES_OF } from '../../model/value_type';
import { errorOf, offsetOf } from '../../trace/clock';
import type { SelfTest } from './self_test_result';

/** How long the work is that is waited beside, ms. */
const WORK_MS = 20;
/** A launch is taken to last so long at least: some browsers' clocks have coarse steps. */
const LEAST_MS = 0.05;
const LEAST_VALUES = 2 ** 14;
const MOST_VALUES = 2 ** 24;

/** Takes some tenths of a second. Opens a second device for the while. */
export async function selfTest(engine: Engine, pause: Pause): Promise<SelfTest> {
  const bounds = engine.timestamps ? await calibrate(engine, pause) : null;
  const worker = await prepareWork(engine);
  try {
    // Launches long enough that submitting them takes no time beside.
    let values = LEAST_VALUES;
    let one = 0;
    for (; ; values *= 4) {
      worker.take(values);
      await pause.during(worker.work(1));
      one = (await took(() => pause.during(worker.work(4)))) / 4;
      if (one > WORK_MS / 20 || values === MOST_VALUES) break;
    }
    const roundTrips: number[] = [];
    for (let i = 0; i < 9; i++) roundTrips.push(await took(() => pause.during(worker.readBack())));
    const launches = Math.max(1, Math.round(WORK_MS / Math.max(one, LEAST_MS)));
    const alone = median([
      await took(() => pause.during(worker.work(launches))),
      await took(() => pause.during(worker.work(launches))),
      await took(() => pause.during(worker.work(launches))),
    ]);
    const ends = await besideAnother(engine, worker, pause, values, launches);
    const since = performance.now();
    const mapped = worker.readBack().then(() => performance.now() - since);
    const worked = worker.work(launches).then(() => performance.now() - since);
    const [readBack, work] = await pause.during(Promise.all([mapped, worked]));
    return {
      devices: ends && sharingOf(alone, ends),
      readBack: { ms: readBack, workMs: work },
      tickNs: bounds && Number(bounds.tickNs),
      clockErrorMs: bounds && errorOf(offsetOf(bounds), bounds),
      roundTripMs: median(roundTrips),
    };
  } finally {
    worker.destroy();
  }
}

/** When equal work on this device and on another one ends; null where no other device is to be had. */
async function besideAnother(
  engine: Engine,
  worker: Work,
  pause: Pause,
  values: number,
  launches: number,
): Promise<[number, number] | null> {
  const gpu = await openGpu(engine.gpu.instance, engine.gpu.preference).catch((cause) => {
    // Nothing but this question needs it.
    if (cause instanceof GpuUnavailable) return null;
    throw cause;
  });
  if (!gpu) return null;
  const other = createEngine(gpu);
  try {
    const otherWorker = await prepareWork(other);
    otherWorker.take(values);
    await pause.during(Promise.all([worker.work(1), otherWorker.work(1)]));
    return await pause.during(both(worker, otherWorker, launches));
  } finally {
    other.destroy();
    gpu.device.destroy();
  }
}

/** What the ends of equal work on two devices, begun together, say, if one alone takes `alone`. */
export function sharingOf(alone: number, ends: readonly [number, number]): NonNullable<SelfTest['devices']> {
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  if (last < 1.4 * alone) return 'at once';
  return first > 0.75 * last ? 'share' : 'in turn';
}

async function both(a: Work, b: Work, launches: number): Promise<[number, number]> {
  const since = performance.now();
  const end = () => performance.now() - since;
  return Promise.all([a.work(launches).then(end), b.work(launches).then(end)]);
}

type Work = Awaited<ReturnType<typeof prepareWork>>;

/** Work that can be repeated: numbers are drawn, `values` of them a launch, so many launches in one submit. */
async function prepareWork(engine: Engine) {
  const { device } = engine.gpu;
  await engine.launcher.prepare([{ kernel: 'draw_normal', sizes: {} }]);
  const pool = engine.createPool();
  let out = pool.reserve(0);
  let launch: Launch | null = null;
  return {
    take(values: number): void {
      pool.drop(out);
      out = pool.reserve(BYTES_OF.f32 * values);
      const sizes = {
        rows: values,
        first: 0,
        stream: 1,
        cols: values,
        firstRow: 0,
        firstCol: 0,
        ownCols: values,
        scale: 1,
      };
      launch = engine.launcher.bind('draw_normal', sizes, [out]);
    },
    async work(launches: number): Promise<void> {
      const encoder = device.createCommandEncoder();
      // In one pass: a browser's GPU process that is busy with many passes tells of nothing meanwhile.
      const pass = encoder.beginComputePass();
      for (let i = 0; i < launches; i++) engine.launcher.record(pass, launch!);
      pass.end();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    },
    readBack(): Promise<unknown> {
      const encoder = device.createCommandEncoder();
      const map = engine.readback.record(encoder, [{ buffer: out.buffer, offset: 0, bytes: 16 }]);
      device.queue.submit([encoder.finish()]);
      return map();
    },
    destroy: () => pool.destroy(),
  };
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}
