import { create, globals } from 'webgpu';

/** Dawn's GPU in this Node process, with timestamps as fine as the device's. */
export function nodeGpu(): GPU {
  Object.assign(globalThis, globals);
  return create(['disable-dawn-features=timestamp_quantization']);
}
