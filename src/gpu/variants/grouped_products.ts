import { colsOf, type FewRows } from '../../../kernels/common/few_rows';
import type { Tile } from '../../../kernels/common/tile';
import { groupedFewRows, groupedGatedFewRows } from '../../../kernels/grouped_gemm/few_rows';
import { MOST_GROUPS, type Rows } from '../../../kernels/grouped_gemm/place';
import { groupedGatedTile, groupedTile } from '../../../kernels/grouped_gemm/tile';
import { withCommon } from '../kernel_files';
import { fours, tiledPairs } from './plain';
import { nameOfFewRows, nameOfTile, requirementsOfFewRows, requirementsOfTile, tileOf } from './products';
import type { Requirements, Variant } from './variant';

/** With the rows of an expert, on the mean, from which they are chosen. */
const TILES: readonly { readonly tile: Tile; readonly least: number }[] = [
  { tile: tileOf(64, 256, 8, 8, 16, 1), least: 40 },
  { tile: tileOf(64, 128, 8, 8, 8, 1), least: 40 },
  { tile: tileOf(32, 64, 16, 4, 8, 2), least: 0 },
];
/** A tile is chosen when so much of what it computes is of the output: its last columns may lie beyond. */
const LEAST_USED = 0.95;
const isUsed = (cols: number, { cols: each }: Tile): boolean => cols / (Math.ceil(cols / each) * each) >= LEAST_USED;
/** With the rows of an expert up to which they are chosen. */
const FEW_ROWS: readonly { readonly shape: FewRows; readonly most: number }[] = [
  { shape: { rows: 1, lanes: 16, colsEach: 4, invocations: 128, unrolled: 1 }, most: 1 },
  { shape: { rows: 4, lanes: 8, colsEach: 4, invocations: 128, unrolled: 1 }, most: 8 },
];

/** What finding a workgroup's rows takes is added to a product's. */
export const withPlace = ({ invocations, workgroupBytes }: Requirements): Requirements => ({
  invocations,
  workgroupBytes: workgroupBytes + 4 * MOST_GROUPS + 16,
});

/** Of a grouped product. */
export const groupedVariants = (): Variant<'grouped_gemm'>[] => [
  ...FEW_ROWS.map(
    ({ shape, most }): Variant<'grouped_gemm'> => ({
      name: `grouped_gemm/${nameOfFewRows(shape)}`,
      source: () => groupedFewRows(shape),
      requires: withPlace(requirementsOfFewRows(shape)),
      fits: (s) => fours(s.inner, s.stride) && s.groups <= MOST_GROUPS,
      suits: (s) => s.pairs <= most * s.groups,
      mayWin: (s) => s.pairs <= 4 * most * s.groups,
      workgroups: (s) => tiledPairs(s, s.cols, shape.rows, colsOf(shape)),
    }),
  ),
  ...TILES.map(
    ({ tile, least }): Variant<'grouped_gemm'> => ({
      name: `grouped_gemm/${nameOfTile(tile)}`,
      source: () => groupedTile(tile),
      requires: withPlace(requirementsOfTile(tile)),
      fits: (s) => fours(s.stride, s.cols) && s.inner % tile.depth === 0 && s.groups <= MOST_GROUPS,
      suits: (s) => s.pairs >= least * s.groups && (tile.cols <= 128 || isUsed(s.cols, tile)),
      workgroups: (s) => tiledPairs(s, s.cols, tile.rows, tile.cols),
    }),
  ),
];

/** Of SwiGLU of a grouped product. A tile writes half as many columns as it computes. */
export const groupedGatedVariants = (): Variant<'grouped_gemm_swiglu'>[] =>
  (['f32', 'bf16'] as const).flatMap((rows) => [
    ...FEW_ROWS.map(
      ({ shape, most }): Variant<'grouped_gemm_swiglu'> => ({
        name: `grouped_gemm_swiglu/${rows} ${nameOfFewRows(shape)}`,
        source: () => withCommon(groupedGatedFewRows(shape, rows)),
        requires: withPlace(requirementsOfFewRows(shape)),
        fits: (s) => fours(s.inner) && hasRows(s, rows) && s.groups <= MOST_GROUPS,
        suits: (s) => s.pairs <= most * s.groups,
        mayWin: (s) => s.pairs <= 4 * most * s.groups,
        workgroups: (s) => tiledPairs(s, s.width, shape.rows, colsOf(shape) / 2),
      }),
    ),
    ...TILES.map(
      ({ tile, least }): Variant<'grouped_gemm_swiglu'> => ({
        name: `grouped_gemm_swiglu/${rows} ${nameOfTile(tile)}`,
        source: () => withCommon(groupedGatedTile(tile, rows)),
        requires: withPlace(requirementsOfTile(tile)),
        fits: (s) => fours(s.width) && s.inner % tile.depth === 0 && hasRows(s, rows) && s.groups <= MOST_GROUPS,
        suits: (s) => s.pairs >= least * s.groups && (tile.cols <= 128 || isUsed(2 * s.width, tile)),
        workgroups: (s) => tiledPairs(s, s.width, tile.rows, tile.cols / 2),
      }),
    ),
  ]);

/** Whether rows are such, each beginning with a whole four of columns. */
const hasRows = ({ packed, stride }: { readonly packed: number; readonly stride: number }, rows: Rows): boolean =>
  rows === 'bf16' ? packed === 1 && stride % 2 === 0 : packed === 0 && stride % 4 === 0;
