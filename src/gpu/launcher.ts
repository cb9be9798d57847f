import { type KernelName, type NamedSizes, toldSizes, uniformOf } from '../program/kernels';
import type { Storage } from './buffers';
import type { Gpu } from './device';
import { sourceOf, type Variant, variantOf, workgroupsOf } from './variants';

/**
 * A kernel bound to buffers and sizes: recording it again costs three calls. `workgroups` is null when there is nothing
 * to do.
 */
export type Launch = {
  readonly sizes: NamedSizes;
  /** Names of the sizes that the kernel is told. */
  readonly told: readonly string[];
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

export function createLauncher(gpu: Gpu) {
  const { device } = gpu;
  /** The variant that runs each kernel here, and what the kernel is told. */
  const chosen = new Map<KernelName, { readonly variant: Variant; readonly told: readonly string[] }>();
  const choose = (kernel: KernelName) => {
    const known = chosen.get(kernel);
    if (known) return known;
    const choice = { variant: variantOf(kernel, device), told: toldSizes(kernel) };
    chosen.set(kernel, choice);
    return choice;
  };
  /** By file. */
  const pipelines = new Map<string, GPUComputePipeline>();
  const free: Slot[] = [];
  const takeSlot = (): Slot => {
    if (free.length === 0) {
      const buffer = device.createBuffer({
        size: SLOTS * SLOT_BYTES,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      for (let i = SLOTS - 1; i >= 0; i--) free.push({ buffer, offset: i * SLOT_BYTES });
    }
    return free.pop()!;
  };
  return {
    /** Compiles the kernels that are not yet compiled, off the calling thread. Throws what the compiler says. */
    async prepare(kernels: Iterable<KernelName>): Promise<void> {
      await Promise.all(
        [...new Set(kernels)]
          .map((kernel) => choose(kernel).variant)
          .filter(({ file }) => !pipelines.has(file))
          .map(async ({ file }) => {
            const module = device.createShaderModule({ label: file, code: sourceOf({ file }) });
            pipelines.set(
              file,
              await device.createComputePipelineAsync({ label: file, layout: 'auto', compute: { module } }),
            );
          }),
      );
    },

    /** Binds a kernel to sizes and to buffers, in the order of its contract. */
    bind(kernel: KernelName, sizes: NamedSizes, buffers: readonly Storage[]): Launch {
      const { variant, told } = choose(kernel);
      const pipeline = pipelines.get(variant.file);
      if (!pipeline) throw new Error(`kernel ${kernel} was not prepared`);
      const content = uniformOf(kernel, sizes);
      const uniform = takeSlot();
      device.queue.writeBuffer(uniform.buffer, uniform.offset, content);
      const entries = [
        { binding: 0, resource: { ...uniform, size: Math.ceil(content.byteLength / 16) * 16 } },
        ...buffers.map(({ buffer }, i) => ({ binding: i + 1, resource: { buffer } })),
      ];
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      const workgroups = workgroupsOf(variant, sizes);
      return { sizes, told, buffers, pipeline, group, uniform, workgroups: workgroups.includes(0) ? null : workgroups };
    },

    /**
     * Whether a launch tells its kernel just these sizes, of just these buffers, and so can be recorded again for them.
     */
    matches(launch: Launch, sizes: NamedSizes, buffers: readonly Storage[]): boolean {
      return (
        launch.told.every((name) => launch.sizes[name] === sizes[name]) &&
        launch.buffers.every((buffer, i) => buffer === buffers[i])
      );
    },

    /**
     * Gives back what a launch that is replaced holds of its own; what was submitted with it is not disturbed: writes
     * wait for it.
     */
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
