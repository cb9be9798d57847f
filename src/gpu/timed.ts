import { median } from 'simple-statistics';
import type { Engine } from './engine';

/** What one of many does: ms by the GPU's timestamps, null where it has none, and by the host's clock. */
export type Timing = { readonly gpuMs: number | null; readonly wallMs: number };

/** How long it is tried before, and how long a sample lasts, ms; and how many samples there are. */
type Effort = { readonly warmMs: number; readonly sampleMs: number; readonly samples: number };
/**
 * A GPU that idled takes so long to reach its speed: an H200 was five times slower at first. And in samples as long
 * what the host takes counts little.
 */
const THOROUGH: Effort = { warmMs: 200, sampleMs: 20, samples: 5 };
const MOST_TIMES = 500;

/** Medians of samples, in each of which something is recorded many times in one pass. `record` says what one is. */
export async function timed(
  engine: Engine,
  record: (pass: GPUComputePassEncoder) => void,
  { warmMs, sampleMs, samples: count }: Effort = THOROUGH,
): Promise<Timing> {
  const timesOf = ({ gpuMs, wallMs }: Timing) =>
    Math.min(MOST_TIMES, Math.max(1, Math.round(sampleMs / (gpuMs ?? wallMs))));
  const start = performance.now();
  let last = await sample(engine, record, 1);
  while (performance.now() - start < warmMs) last = await sample(engine, record, timesOf(last));
  const times = timesOf(last);
  const samples: Timing[] = [];
  while (samples.length < count) samples.push(await sample(engine, record, times));
  const gpu = samples.flatMap(({ gpuMs }) => gpuMs ?? []);
  return {
    gpuMs: gpu.length === count ? median(gpu) : null,
    wallMs: median(samples.map(({ wallMs }) => wallMs)),
  };
}

async function sample(
  { gpu, timestamps, readback }: Engine,
  record: (pass: GPUComputePassEncoder) => void,
  times: number,
): Promise<Timing> {
  const { device } = gpu;
  timestamps?.reset();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass(timestamps ? { timestampWrites: timestamps.next() } : undefined);
  for (let i = 0; i < times; i++) record(pass);
  pass.end();
  const map = timestamps && readback.record(encoder, timestamps.resolve(encoder).ranges);
  const start = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  const wallMs = (performance.now() - start) / times;
  if (!map) return { gpuMs: null, wallMs };
  const [begin, end] = new BigUint64Array((await map())[0]!);
  return { gpuMs: Number(end! - begin!) / 1e6 / times, wallMs };
}
