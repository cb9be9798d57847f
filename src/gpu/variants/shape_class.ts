import { contractOf, type KernelName, type NamedSizes } from '../../program/kernels';

/** The variant that did best, by the class of shapes. */
export type Tuned = Readonly<Record<string, string>>;

/**
 * What a kernel's variants are tried for: its sizes, each down to a power of two. Shapes of a class are run by the same
 * variant.
 */
export const shapeClassOf = (kernel: KernelName, sizes: NamedSizes): string => {
  const counts = Object.entries(contractOf(kernel).sizes).filter(([, type]) => type !== 'f32');
  return `${kernel} ${counts.map(([name]) => `${name} ${powerBelow(sizes[name]!)}`).join(' ')}`;
};

const powerBelow = (size: number): number => (size < 1 ? 0 : 2 ** Math.floor(Math.log2(size)));
