import { sourceOf, VARIANTS } from '../../gpu/variants';
import type { KernelName } from '../../program/kernels';

/** WGSL of a kernel, its first variant, to be read; null for one that is not known here. */
export const kernelSource = (name: string): string | null =>
  Object.hasOwn(VARIANTS, name) ? sourceOf(VARIANTS[name as KernelName][0]!) : null;
