import { create, globals } from 'webgpu';

/**
 * Dawn's GPU in this Node process, with timestamps as fine as the device's, or rounded as browsers do. Workgroup memory
 * begins with what it held, which no kernel reads (see chromium.ts).
 */
export function nodeGpu(timestamps: 'fine' | 'rounded' = 'fine'): GPU {
  Object.assign(globalThis, globals);
  return create([
    `${timestamps === 'fine' ? 'disable' : 'enable'}-dawn-features=timestamp_quantization`,
    'enable-dawn-features=disable_workgroup_init',
  ]);
}
