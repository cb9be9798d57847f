import { sourceOf } from '../gpu/kernels';
import type { KernelName } from '../program/program';

/** WGSL of a kernel as it runs, to be read. */
export const kernelSource = (name: KernelName): string => sourceOf(name);
