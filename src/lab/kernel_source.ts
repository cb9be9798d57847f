import { sourceOf, VARIANTS } from '../gpu/variants';
import type { KernelName } from '../program/kernels';

/** WGSL of a kernel, its first variant, to be read. */
export const kernelSource = (name: KernelName): string => sourceOf(VARIANTS[name][0]!);
