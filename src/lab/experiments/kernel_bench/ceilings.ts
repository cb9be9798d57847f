import { bindBareKernel } from '../../../gpu/bare_kernel';
import type { Engine } from '../../../gpu/engine';
import { type Timing, timed } from '../../../gpu/timed';
import type { KernelBench } from './result';

/** What this GPU does at most: multiply-adds in registers, and a copy within its memory. */
export type Ceilings = KernelBench['ceilings'];

/** kernels/bench/multiply_add.wgsl: 8 chains, 4 wide, 4 steps a round, 2 operations each. */
const OPERATIONS_A_ROUND = 8 * 4 * 4 * 2;
/** Invocations of a workgroup, and bytes that each of them copies. */
const WORKGROUP = 256;
const BYTES_EACH = 64;
/** More is tried until one takes as long, ms: then the GPU is full, and a slow one is not held up. */
const LONG_MS = 20;
const MOST_WORKGROUPS = 8192;
const MOST_MIB = 256;

export async function measureCeilings(engine: Engine): Promise<Ceilings> {
  const mostMib = Math.min(MOST_MIB, engine.gpu.device.limits.maxStorageBufferBindingSize / 2 ** 20);
  return {
    tflops: await rateAtMost(16, MOST_WORKGROUPS, (workgroups) => computing(engine, workgroups)),
    gbps: 1000 * (await rateAtMost(1, mostMib, (mib) => copying(engine, mib))),
  };
}

type Tried = { readonly ms: number; readonly amount: number };

/**
 * Of the last that is tried, each four times as large as the one before: 1e9 a ms, of whatever there is an amount of.
 */
async function rateAtMost(least: number, most: number, attempt: (size: number) => Promise<Tried>): Promise<number> {
  for (let size = least; ; size *= 4) {
    const { ms, amount } = await attempt(Math.min(size, most));
    if (ms >= LONG_MS || size >= most) return amount / ms / 1e9;
  }
}

/** Workgroups that each do as many rounds as there are half of them. */
async function computing(engine: Engine, workgroups: number): Promise<Tried> {
  const rounds = workgroups / 2;
  const pool = engine.createPool();
  const sums = pool.reserve(workgroups * WORKGROUP * 4).buffer;
  const kernel = await bindBareKernel(engine.gpu, 'bench/multiply_add', rounds, [sums]);
  const timing = await timed(engine, (pass) => kernel.record(pass, [workgroups, 1]));
  kernel.destroy();
  pool.destroy();
  return { ms: msOf(timing), amount: workgroups * WORKGROUP * rounds * OPERATIONS_A_ROUND };
}

/** Bytes read and written. */
async function copying(engine: Engine, mib: number): Promise<Tried> {
  const bytes = mib * 2 ** 20;
  const pool = engine.createPool();
  const [source, copied] = [pool.reserve(bytes).buffer, pool.reserve(bytes).buffer];
  const kernel = await bindBareKernel(engine.gpu, 'bench/copy', null, [source, copied]);
  const groups = Math.ceil(bytes / BYTES_EACH / WORKGROUP);
  const size = [Math.min(groups, 65535), Math.ceil(groups / 65535)] as const;
  const timing = await timed(engine, (pass) => kernel.record(pass, size));
  kernel.destroy();
  pool.destroy();
  return { ms: msOf(timing), amount: 2 * bytes };
}

const msOf = ({ gpuMs, wallMs }: Timing): number => gpuMs ?? wallMs;
