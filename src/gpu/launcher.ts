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
  readonly uniform: GPUBuffer;
  readonly workgroups: readonly [number, number, number] | null;
};

/** Compiled kernels of a device. */
export type Launcher = ReturnType<typeof createLauncher>;

export function createLauncher(gpu: Gpu) {
  const { device } = gpu;
  const pipelines = new Map<KernelName, GPUComputePipeline>();
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
      const uniform = device.createBuffer({
        size: Math.ceil(content.byteLength / 16) * 16,
        usage: GPUBufferUsage.UNIFORM,
        mappedAtCreation: true,
      });
      new Uint8Array(uniform.getMappedRange()).set(new Uint8Array(content));
      uniform.unmap();
      const entries = [uniform, ...buffers.map(({ buffer }) => buffer)].map((buffer, binding) => ({ binding, resource: { buffer } }));
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      const named = Object.fromEntries(KERNEL_SIZES[kernel].map((name, i) => [name, sizes[i]!]));
      const workgroups = workgroupsOf(kernel, named);
      return { sizes, buffers, pipeline, group, uniform, workgroups: workgroups.includes(0) ? null : workgroups };
    },

    /** Whether a launch is of just these sizes and buffers, and so can be recorded again for them. */
    matches(launch: Launch, sizes: readonly number[], buffers: readonly Storage[]): boolean {
      return launch.sizes.every((size, i) => size === sizes[i]) && launch.buffers.every((buffer, i) => buffer === buffers[i]);
    },

    /** Frees what a launch that is replaced holds of its own; what was submitted with it is not disturbed. */
    release: ({ uniform }: Launch): void => uniform.destroy(),

    record(pass: GPUComputePassEncoder, { pipeline, group, workgroups }: Launch): void {
      if (!workgroups) return;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    },
  };
}
