import { contractOf, KERNEL_NAMES, type KernelName, type NamedSizes, toldSizes, uniformOf } from '../program/kernels';
import type { Storage } from './buffers';
import type { Gpu } from './device';
import type { Tuned } from './variants/shape_class';
import type { AnyVariant, Workgroups } from './variants/variant';
import { candidatesOf, triedOf, variantFor, variantsOf } from './variants/variants';

/**
 * A kernel bound to buffers and sizes: recording it again costs three calls. `workgroups` is null when there is nothing
 * to do.
 */
export type Launch = {
  readonly kernel: KernelName;
  readonly variant: AnyVariant;
  /** What was known of variants when it was chosen. */
  readonly tuned: Tuned;
  readonly sizes: NamedSizes;
  readonly buffers: readonly Storage[];
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly uniform: Slot;
  readonly workgroups: Workgroups | null;
};

/** A place in a uniform buffer that many launches share: a buffer for each took Chromium over a millisecond to make. */
type Slot = { readonly buffer: GPUBuffer; readonly offset: number };
/** Bytes between slots, as every device allows, and slots of a buffer. */
const SLOT_BYTES = 256;
const SLOTS = 256;

export function createLauncher(gpu: Gpu) {
  const { device } = gpu;
  const refused = new Set<string>();
  const capable = { limits: device.limits, isProcessor: gpu.isProcessor, refused };
  /** Names of the sizes that each kernel is told, and of those that only the host counts with. */
  const namesOf = new Map(
    KERNEL_NAMES.map((kernel) => {
      const told = toldSizes(kernel);
      return [kernel, { told, counted: Object.keys(contractOf(kernel).sizes).filter((name) => !told.includes(name)) }];
    }),
  );
  let tuned: Tuned = {};
  const choose = (kernel: KernelName, sizes: NamedSizes) => variantFor(kernel, sizes, capable, tuned);
  /** By the variant's name. */
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const compiled = new Map<string, GPUComputePipeline>();
  const compile = async ({ name, source }: AnyVariant): Promise<GPUComputePipeline> => {
    const module = device.createShaderModule({ label: name, code: source() });
    return device.createComputePipelineAsync({ label: name, layout: 'auto', compute: { module } });
  };
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
    /**
     * Compiles what kernels may need that is not yet compiled, off the calling thread; of sizes those may be left out
     * that change from run to run. Throws what the compiler says.
     */
    async prepare(calls: Iterable<{ readonly kernel: KernelName; readonly sizes: NamedSizes }>): Promise<void> {
      const listed = [...calls];
      const variants = new Set(listed.flatMap(({ kernel, sizes }) => candidatesOf(kernel, sizes, capable)));
      await Promise.all([...variants].map((variant) => this.compile([variant]).catch(() => refused.add(variant.name))));
      // Those that a driver refuses are left out; but what runs on any device has to compile.
      const left = listed.map(({ kernel }) => variantsOf(kernel).at(-1)!).filter(({ name }) => refused.has(name));
      await this.compile(left);
    },

    /** Compiles variants that are not yet compiled. */
    async compile(variants: Iterable<AnyVariant>): Promise<void> {
      await Promise.all(
        [...variants].map(async (variant) => {
          const { name } = variant;
          const pipeline = pipelines.get(name) ?? compile(variant);
          pipelines.set(name, pipeline);
          compiled.set(name, await pipeline);
        }),
      );
    },

    /** The variant that runs a kernel here. */
    variantFor: choose,

    /** The variants that are worth trying for sizes. */
    triedFor: (kernel: KernelName, sizes: NamedSizes): readonly AnyVariant[] => triedOf(kernel, sizes, capable),

    /** All variants that this device can run a kernel by, also those that it is better without. */
    allFor: (kernel: KernelName, sizes: NamedSizes): readonly AnyVariant[] =>
      candidatesOf(kernel, sizes, { ...capable, isProcessor: false }),

    /** Which variants were found to be best here. */
    tuned: (): Tuned => tuned,
    tune(more: Tuned): void {
      tuned = { ...tuned, ...more };
    },

    /** Binds a kernel to sizes and to buffers, in the order of its contract. */
    bind(kernel: KernelName, sizes: NamedSizes, buffers: readonly Storage[], variant = choose(kernel, sizes)): Launch {
      const pipeline = compiled.get(variant.name);
      if (!pipeline) throw new Error(`kernel ${kernel} was not prepared as ${variant.name}`);
      const content = uniformOf(kernel, sizes);
      const uniform = takeSlot();
      device.queue.writeBuffer(uniform.buffer, uniform.offset, content);
      const entries = [
        { binding: 0, resource: { ...uniform, size: Math.ceil(content.byteLength / 16) * 16 } },
        ...buffers.map(({ buffer }, i) => ({ binding: i + 1, resource: { buffer } })),
      ];
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      const workgroups = variant.workgroups(sizes);
      return {
        kernel,
        variant,
        sizes,
        tuned,
        buffers,
        pipeline,
        group,
        uniform,
        workgroups: workgroups.includes(0) ? null : workgroups,
      };
    },

    /**
     * The launch for other sizes or buffers; where only sizes are others, its buffers stay bound. It replaces the
     * launch.
     */
    bindAgain(launch: Launch, sizes: NamedSizes, buffers: readonly Storage[]): Launch {
      const { kernel, variant, uniform } = launch;
      if (variant !== choose(kernel, sizes) || buffers.some((buffer, i) => buffer !== launch.buffers[i])) {
        this.release(launch);
        return this.bind(kernel, sizes, buffers);
      }
      device.queue.writeBuffer(uniform.buffer, uniform.offset, uniformOf(kernel, sizes));
      const workgroups = variant.workgroups(sizes);
      return { ...launch, sizes, tuned, workgroups: workgroups.includes(0) ? null : workgroups };
    },

    /**
     * Whether a launch tells its kernel just these sizes, of just these buffers, by the variant that they would be
     * given, and so can be recorded again for them.
     */
    matches(launch: Launch, sizes: NamedSizes, buffers: readonly Storage[]): boolean {
      const { told, counted } = namesOf.get(launch.kernel)!;
      const isSame = (name: string) => launch.sizes[name] === sizes[name];
      return (
        told.every(isSame) &&
        launch.buffers.every((buffer, i) => buffer === buffers[i]) &&
        ((launch.tuned === tuned && counted.every(isSame)) || launch.variant === choose(launch.kernel, sizes))
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
