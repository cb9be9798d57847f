import { kernelSource } from '../../lab/engine/kernel_source';
import { useText } from '../state/language';

/** The WGSL that ran. */
export default function KernelSource({ kernel }: { kernel: string }) {
  const t = useText();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <pre tabIndex={0}>
      <code>{kernelSource(kernel) ?? t.inspector.noSource}</code>
    </pre>
  );
}
