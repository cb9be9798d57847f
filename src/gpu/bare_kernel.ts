import type { Gpu } from './device';
import { readKernel } from './kernel_files';

/**
 * A kernel that no program has: a file of kernels/, bound to what it reads and writes, in this order. `uniform`: a
 * number that it is told, at binding 0; null where it is told none.
 */
export async function bindBareKernel(
  { device }: Gpu,
  file: string,
  uniform: number | null,
  buffers: readonly GPUBuffer[],
) {
  const module = device.createShaderModule({ label: file, code: readKernel(file) });
  const pipeline = await device.createComputePipelineAsync({ label: file, layout: 'auto', compute: { module } });
  const told = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  if (uniform !== null) device.queue.writeBuffer(told, 0, Uint32Array.of(uniform));
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [...(uniform === null ? [] : [told]), ...buffers].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    })),
  });
  return {
    record(pass: GPUComputePassEncoder, [x, y]: readonly [number, number]): void {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(x, y);
    },
    destroy: (): void => told.destroy(),
  };
}
