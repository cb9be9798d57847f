import type { KernelName } from '../program/program';
import type { Storage } from './buffers';
import type { Gpu } from './device';
import { type Launch, sourceOf, uniformOf, workgroupsOf } from './kernels';

/** Compiled kernels of a device, with the bind groups and uniforms of launches seen before. */
export type Launcher = ReturnType<typeof createLauncher>;

/** Bind groups and uniforms kept; past that all are dropped at the next `prepare`, since row counts vary run by run. */
const KEPT = 20000;

export function createLauncher(gpu: Gpu) {
  const { device } = gpu;
  const pipelines = new Map<KernelName, GPUComputePipeline>();
  const uniforms = new Map<string, GPUBuffer>();
  const groups = new Map<string, GPUBindGroup>();

  const uniformFor = (launch: Launch, key: string): GPUBuffer => {
    const known = uniforms.get(key);
    if (known) return known;
    const content = uniformOf(launch);
    const buffer = device.createBuffer({
      size: Math.ceil(content.byteLength / 16) * 16,
      usage: GPUBufferUsage.UNIFORM,
      mappedAtCreation: true,
    });
    new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(content));
    buffer.unmap();
    uniforms.set(key, buffer);
    return buffer;
  };

  return {
    /** Compiles the kernels that are not yet compiled, off the calling thread. Throws what the compiler says. */
    async prepare(names: Iterable<KernelName>): Promise<void> {
      if (groups.size > KEPT) {
        for (const buffer of uniforms.values()) buffer.destroy();
        uniforms.clear();
        groups.clear();
      }
      await Promise.all(
        [...new Set(names)]
          .filter((name) => !pipelines.has(name))
          .map(async (name) => {
            const module = device.createShaderModule({ label: name, code: sourceOf(name) });
            pipelines.set(name, await device.createComputePipelineAsync({ label: name, layout: 'auto', compute: { module } }));
          }),
      );
    },

    /** Records a launch; `buffers` in the order of the kernel's bindings after its sizes. False when nothing is to be done. */
    launch(pass: GPUComputePassEncoder, launch: Launch, buffers: readonly Storage[]): boolean {
      const [x, y, z] = workgroupsOf(launch);
      if (x * y * z === 0) return false;
      const pipeline = pipelines.get(launch.kernel);
      if (!pipeline) throw new Error(`kernel ${launch.kernel} was not prepared`);
      const sizesKey = `${launch.kernel} ${Object.values(launch.sizes).join()}`;
      const key = `${sizesKey} ${buffers.map((b) => b.id).join()}`;
      let group = groups.get(key);
      if (!group) {
        group = device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: [uniformFor(launch, sizesKey), ...buffers.map((b) => b.buffer)].map((buffer, binding) => ({
            binding,
            resource: { buffer },
          })),
        });
        groups.set(key, group);
      }
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(x, y, z);
      return true;
    },

    destroy(): void {
      for (const buffer of uniforms.values()) buffer.destroy();
      uniforms.clear();
      groups.clear();
    },
  };
}
