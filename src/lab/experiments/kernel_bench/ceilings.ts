import type { Engine } from '../../../gpu/engine';
import { sourceOf } from '../../../gpu/variants';
import { type Timing, timed } from './timing';

/** What this GPU does at most: multiply-adds in registers, and a copy within its memory. */
export type Ceilings = { readonly tflops: number; readonly gbps: number };

/** `workgroups` and `rounds`: how much is computed; `mib`: how much is copied at a time. */
export type CeilingSizes = { readonly workgroups: number; readonly rounds: number; readonly mib: number };

/** kernels/bench/multiply_add.wgsl: 8 chains, 4 wide, 4 steps a round, 2 operations each. */
const OPERATIONS_A_ROUND = 8 * 4 * 4 * 2;
/** Invocations of a workgroup, and bytes that each of them copies. */
const WORKGROUP = 256;
const BYTES_EACH = 64;

export async function measureCeilings(engine: Engine, { workgroups, rounds, mib }: CeilingSizes): Promise<Ceilings> {
  const { device } = engine.gpu;
  const pool = engine.createPool();
  const uniform = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(uniform, 0, Uint32Array.of(rounds));
  try {
    const sums = pool.reserve(workgroups * WORKGROUP * 4).buffer;
    const computing = await timeKernel(engine, 'bench/multiply_add', [uniform, sums], [workgroups, 1]);
    const bytes = mib * 2 ** 20;
    const [source, copied] = [pool.reserve(bytes).buffer, pool.reserve(bytes).buffer];
    const groups = Math.ceil(bytes / BYTES_EACH / WORKGROUP);
    const copying = await timeKernel(
      engine,
      'bench/copy',
      [source, copied],
      [Math.min(groups, 65535), Math.ceil(groups / 65535)],
    );
    const operations = workgroups * WORKGROUP * rounds * OPERATIONS_A_ROUND;
    return { tflops: operations / msOf(computing) / 1e9, gbps: (2 * bytes) / msOf(copying) / 1e6 };
  } finally {
    pool.destroy();
    uniform.destroy();
  }
}

const msOf = ({ gpuMs, wallMs }: Timing): number => gpuMs ?? wallMs;

/** Times a kernel that is none of the models', bound to buffers in this order. */
async function timeKernel(
  engine: Engine,
  file: string,
  buffers: readonly GPUBuffer[],
  [x, y]: readonly [number, number],
): Promise<Timing> {
  const { device } = engine.gpu;
  const module = device.createShaderModule({ label: file, code: sourceOf({ file }) });
  const pipeline = await device.createComputePipelineAsync({ label: file, layout: 'auto', compute: { module } });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return timed(engine, (pass) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y);
  });
}
