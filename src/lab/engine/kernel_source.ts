import { variantsOf } from '../../gpu/variants/variants';
import { KERNEL_NAMES, type KernelName } from '../../program/kernels';

/** WGSL of a kernel as any device can run it, to be read; null for one that is not known here. */
export const kernelSource = (name: string): string | null =>
  (KERNEL_NAMES as readonly string[]).includes(name)
    ? variantsOf(name as KernelName)
        .at(-1)!
        .source()
    : null;
