import { create, globals } from 'webgpu';

/** As fine as the device's, or rounded as browsers do by default. */
export const TIMESTAMPS = ['fine', 'rounded'] as const;
export type Timestamps = (typeof TIMESTAMPS)[number];

/**
 * Dawn's GPU in this Node process, with timestamps as fine as the device's, or rounded as browsers do. Workgroup memory
 * begins with what it held, which no kernel reads (see chromium.ts).
 */
export function nodeGpu(timestamps: Timestamps = 'fine'): GPU {
  Object.assign(globalThis, globals);
  return create([
    `${timestamps === 'fine' ? 'disable' : 'enable'}-dawn-features=timestamp_quantization`,
    'enable-dawn-features=disable_workgroup_init',
  ]);
}
