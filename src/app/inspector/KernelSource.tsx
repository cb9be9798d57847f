import { kernelSource } from '../../lab/kernel_source';
import type { KernelName } from '../../program/kernels';

/** The WGSL that ran. */
export default function KernelSource({ kernel }: { kernel: KernelName }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <pre tabIndex={0}>
      <code>{kernelSource(kernel)}</code>
    </pre>
  );
}
