import type { KernelName, NamedSizes } from '../../program/kernels';
import { shapeClassOf, type Tuned } from './shape_class';
import { VARIANTS_OF } from './table';
import type { AnyVariant, Requirements } from './variant';

/** What decides which variants a device runs. A processor computes in no lanes, and is best served by plain code. */
export type Capable = {
  readonly limits: GPUSupportedLimits;
  readonly isProcessor: boolean;
  /** Names of variants that its compiler refused. */
  readonly refused?: ReadonlySet<string>;
};

/** All variants of a kernel, those to be preferred first; the last fits all sizes and needs no more than any device has. */
export const variantsOf = (kernel: KernelName): readonly AnyVariant[] =>
  VARIANTS_OF[kernel] as unknown as readonly AnyVariant[];

/** Those that a device may run for sizes of which some are known: all that do not change from run to run. */
export function candidatesOf(kernel: KernelName, sizes: NamedSizes, device: Capable): readonly AnyVariant[] {
  const all = variantsOf(kernel);
  const candidates = all.filter(
    ({ name, requires, fits }) => meets(device, requires) && (fits?.(sizes) ?? true) && !device.refused?.has(name),
  );
  if (candidates.length === 0) throw new Error(`no variant of kernel ${kernel} runs on this device`);
  return device.isProcessor ? candidates.slice(-1) : candidates;
}

/** The variant that a device runs a kernel by: what did best when it was tried, or else by rule. */
export function variantFor(kernel: KernelName, sizes: NamedSizes, device: Capable, tuned: Tuned = {}): AnyVariant {
  const candidates = candidatesOf(kernel, sizes, device);
  if (candidates.length === 1) return candidates[0]!;
  const best = tuned[shapeClassOf(kernel, sizes)];
  const known = best && candidates.find((variant) => variant.name === best && canDispatch(variant, sizes));
  if (known) return known;
  const suiting = candidates.find((variant) => (variant.suits?.(sizes) ?? true) && canDispatch(variant, sizes));
  return suiting ?? candidates.at(-1)!;
}

/** Those that are worth trying for sizes. */
export const triedOf = (kernel: KernelName, sizes: NamedSizes, device: Capable): readonly AnyVariant[] =>
  candidatesOf(kernel, sizes, device).filter(
    (variant) => (variant.mayWin?.(sizes) ?? true) && canDispatch(variant, sizes),
  );

/** Workgroups of a dimension, on every device. */
const MOST_WORKGROUPS = 65535;
const canDispatch = ({ workgroups }: AnyVariant, sizes: NamedSizes): boolean =>
  workgroups(sizes).every((count) => count <= MOST_WORKGROUPS);

const meets = ({ limits }: Capable, requires: Requirements): boolean =>
  limits.maxComputeInvocationsPerWorkgroup >= requires.invocations &&
  limits.maxComputeWorkgroupStorageSize >= requires.workgroupBytes;
