import type { KernelName, NamedSizes, ToldSizes } from '../../program/kernels';

export type Workgroups = readonly [x: number, y: number, z: number];

/** What a variant needs of a device. */
export type Requirements = {
  /** Invocations of a workgroup, and bytes of its memory. */
  readonly invocations: number;
  readonly workgroupBytes: number;
};

/** WGSL that fulfils a kernel's contract: for all sizes, or for some. */
export type Variant<K extends KernelName = KernelName> = {
  /** Unique among all variants: its file in kernels/ without its ending, and what that is told. */
  readonly name: string;
  readonly source: () => string;
  readonly requires: Requirements;
  /** Whether it computes right for sizes; asked of those that no run changes. Any, where it is not given. */
  readonly fits?: (sizes: ToldSizes<K>) => boolean;
  /** Whether it is to be preferred to those after it. Always, where it is not given. */
  readonly suits?: (sizes: ToldSizes<K> & NamedSizes) => boolean;
  /** Whether it could be the best, so that it is worth trying. Always, where it is not given. */
  readonly mayWin?: (sizes: ToldSizes<K>) => boolean;
  /** Workgroups of a launch; what only the host counts with changes nothing. */
  readonly workgroups: (sizes: ToldSizes<K>) => Workgroups;
};
/** A variant, whatever its kernel. */
export type AnyVariant = Omit<Variant, 'fits' | 'suits' | 'mayWin' | 'workgroups'> & {
  readonly fits?: (sizes: NamedSizes) => boolean;
  readonly suits?: (sizes: NamedSizes) => boolean;
  readonly mayWin?: (sizes: NamedSizes) => boolean;
  readonly workgroups: (sizes: NamedSizes) => Workgroups;
};
