import { create, globals } from 'webgpu';

/**
 * Dawn's GPU in this Node process, with timestamps as fine as the device's. Workgroup memory begins with what it held,
 * which no kernel reads (see chromium.ts).
 */
export function nodeGpu(): GPU {
  Object.assign(globalThis, globals);
  return create(['disable-dawn-features=timestamp_quantization', 'enable-dawn-features=disable_workgroup_init']);
}
