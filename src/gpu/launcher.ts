import { KERNEL_SIZES, type KernelName } from '../program/program';
import type { Storage } from './buffers';
import type { Gpu } from './device';
import { sourceOf, uniformOf, workgroupsOf } from './kernels';

/** A kernel bound to buffers and sizes: recording it again costs three calls. `workgroups` is null when there is nothing to do. */
export type Launch = {
  readonly sizes: readonly number[];
  readonly buffers: readonly Storage[];
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly uniform: Slot;
  readonly workgroups: readonly [number, number, number] | null;
};

/** A place in a uniform buffer that many launches share: a buffer for each took Chromium over a millisecond to make. */
type Slot = { readonly buffer: GPUBuffer; readonly offset: number };
/** Bytes between slots, as every device allows, and slots of a buffer. */
const SLOT_BYTES = 256;
const SLOTS = 256;

/** Compiled kernels of a device. */
export type Launcher = ReturnType<typeof createLauncher>;

export function createLauncher(gpu: Gpu) {
  const { device } = gpu;
  const pipelines = new Map<KernelName, GPUComputePipeline>();
  const free: Slot[] = [];
  const takeSlot = (): Slot => {
    if (free.length === 0) {
      const buffer = device.createBuffer({ size: SLOTS * SLOT_BYTES, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
      for (let i = SLOTS - 1; i >= 0; i--) free.push({ buffer, offset: i * SLOT_BYTES });
    }
    return free.pop()!;
  };
  return {
    /** Compiles the kernels that are not yet compiled, off the calling thread. Throws what the compiler says. */
    async prepare(names: Iterable<KernelName>): Promise<void> {
      await Promise.all(
        [...new Set(names)]
          .filter((name) => !pipelines.has(name))
          .map(async (name) => {
            const module = device.createShaderModule({ label: name, code: sourceOf(name) });
            pipelines.set(name, await device.createComputePipelineAsync({ label: name, layout: 'auto', compute: { module } }));
          }),
      );
    },

    /** Binds a kernel to sizes, in the order of KERNEL_SIZES, and buffers, in the order of its bindings after the sizes. */
    bind(kernel: KernelName, sizes: readonly number[], buffers: readonly Storage[]): Launch {
      const pipeline = pipelines.get(kernel);
      if (!pipeline) throw new Error(`kernel ${kernel} was not prepared`);
      const content = uniformOf(kernel, sizes);
      const uniform = takeSlot();
      device.queue.writeBuffer(uniform.buffer, uniform.offset, content);
      const entries = [
        { binding: 0, resource: { ...uniform, size: Math.ceil(content.byteLength / 16) * 16 } },
        ...buffers.map(({ buffer }, i) => ({ binding: i + 1, resource: { buffer } })),
      ];
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      const named = Object.fromEntries(KERNEL_SIZES[kernel].map((name, i) => [name, sizes[i]!]));
      const workgroups = workgroupsOf(kernel, named);
      return { sizes, buffers, pipeline, group, uniform, workgroups: workgroups.includes(0) ? null : workgroups };
    },

    /** Whether a launch is of just these sizes and buffers, and so can be recorded again for them. */
    matches(launch: Launch, sizes: readonly number[], buffers: readonly Storage[]): boolean {
      return launch.sizes.every((size, i) => size === sizes[i]) && launch.buffers.every((buffer, i) => buffer === buffers[i]);
    },

    /** Gives back what a launch that is replaced holds of its own; what was submitted with it is not disturbed: writes wait for it. */
    release({ uniform }: Launch): void {
      free.push(uniform);
    },

    record(pass: GPUComputePassEncoder, { pipeline, group, workgroups }: Launch): void {
      if (!workgroups) return;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    },
  };
}
