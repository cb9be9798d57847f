import type { KernelName } from '../../program/kernels';
import { readKernel } from '../kernel_files';
import type { Requirements, Variant, Workgroups } from './variant';

/** What every device of WebGPU has. */
export const ANY_DEVICE: Requirements = { invocations: 256, workgroupBytes: 16384 };

/** One workgroup an item, as kernels count them: x + 65535 y. */
export const each = (items: number, z = 1): Workgroups => [Math.min(items, 65535), Math.ceil(items / 65535), z];
export const each64 = (items: number): Workgroups => each(Math.ceil(items / 64));
/** 256 invocations that do four items each: of one item each the GPU can't start workgroups quickly enough. */
export const each1024 = (items: number): Workgroups => each(Math.ceil(items / 1024));

/** A workgroup a tile of the output. */
export const tiled = (rows: number, cols: number, rowsOf: number, colsOf: number): Workgroups => [
  Math.ceil(cols / colsOf),
  Math.ceil(rows / rowsOf),
  1,
];

/** The same, where rows are pairs: enough for tiles of each expert, of which the last may not be full. */
export const tiledPairs = (
  { pairs, groups }: { readonly pairs: number; readonly groups: number },
  cols: number,
  rowsOf: number,
  colsOf: number,
): Workgroups => [Math.ceil(cols / colsOf), pairs === 0 ? 0 : Math.floor(pairs / rowsOf) + groups, 1];

/** A variant that fits all sizes, and any device. */
export const written = <K extends KernelName>(
  name: string,
  source: () => string,
  workgroups: Variant<K>['workgroups'],
): Variant<K> => ({ name, source, requires: ANY_DEVICE, workgroups });

/** One that is kernels/FILE.wgsl. */
export const plain = <K extends KernelName>(file: string, workgroups: Variant<K>['workgroups']): Variant<K> =>
  written(file, () => readKernel(file), workgroups);

/** Whether sizes are multiples of four, as what is read in fours must be. */
export const fours = (...sizes: readonly number[]): boolean => sizes.every((size) => size % 4 === 0);
