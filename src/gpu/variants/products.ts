import { colsOf, type FewRows } from '../../../kernels/common/few_rows';
import { entriesOf, invocationsOf, type Tile } from '../../../kernels/common/tile';
import { gatedFewRows, gemmFewRows } from '../../../kernels/gemm/few_rows';
import { gatedTile, gemmTile } from '../../../kernels/gemm/tile';
import { fours, tiled } from './plain';
import type { Requirements, Variant, Workgroups } from './variant';

export const tileOf = (
  rows: number,
  cols: number,
  depth: number,
  rowsEach: number,
  colsEach: number,
  slices: number,
): Tile => ({ rows, cols, depth, rowsEach, colsEach, slices });

/**
 * Of each size of tile those that did best (docs/performance.md). The larger a tile is, the better it uses its part of
 * the GPU; but of few tiles the other parts do nothing: `enough` keep it busy.
 */
const TILES: readonly { readonly tile: Tile; readonly enough: number }[] = [
  { tile: tileOf(128, 128, 8, 16, 8, 1), enough: 96 },
  { tile: tileOf(64, 128, 16, 8, 8, 1), enough: 96 },
  // For small memories.
  { tile: tileOf(64, 128, 8, 8, 8, 1), enough: 96 },
  { tile: tileOf(32, 64, 16, 4, 8, 2), enough: 256 },
];

export const nameOfTile = ({ rows, cols, depth, rowsEach, colsEach, slices }: Tile): string =>
  `tile ${rows}x${cols}x${depth} ${rowsEach}x${colsEach}${slices === 1 ? '' : ` /${slices}`}`;

export const requirementsOfTile = (tile: Tile): Requirements => ({
  invocations: invocationsOf(tile),
  workgroupBytes: 16 * entriesOf(tile),
});

export const nameOfFewRows = ({ rows, lanes, colsEach, invocations, unrolled }: FewRows): string =>
  `few_rows ${rows} ${lanes}x${colsEach} ${invocations} u${unrolled}`;

export const requirementsOfFewRows = ({ invocations, colsEach }: FewRows): Requirements => ({
  invocations,
  workgroupBytes: 4 * invocations * colsEach,
});

const ONE_ROW: FewRows = { rows: 1, lanes: 32, colsEach: 2, invocations: 128, unrolled: 2 };
/** Also for outputs that are too small for tiles. */
const FOUR_ROWS: FewRows = { rows: 4, lanes: 16, colsEach: 4, invocations: 128, unrolled: 2 };
/** Up to so many rows, it is to read the weights that takes time. */
const FEW_ROWS = 16;

const enoughOf = ([x, y]: Workgroups, enough: number): boolean => x * y >= enough;

/** Of x · weightᵀ, but the one that fits all sizes. */
export function gemmVariants(): Variant<'gemm'>[] {
  const fewRows = (shape: FewRows): Variant<'gemm'> => ({
    name: `gemm/${nameOfFewRows(shape)}`,
    source: () => gemmFewRows(shape),
    requires: requirementsOfFewRows(shape),
    fits: (s) => fours(s.inner),
    workgroups: (s) => tiled(s.rows, s.cols, shape.rows, colsOf(shape)),
  });
  const tiles = TILES.map(
    ({ tile, enough }): Variant<'gemm'> => ({
      name: `gemm/${nameOfTile(tile)}`,
      source: () => gemmTile('nt', tile),
      requires: requirementsOfTile(tile),
      fits: (s) => fours(s.cols) && s.inner % tile.depth === 0,
      suits: (s) => s.rows > FEW_ROWS && enoughOf(tiled(s.rows, s.cols, tile.rows, tile.cols), enough),
      workgroups: (s) => tiled(s.rows, s.cols, tile.rows, tile.cols),
    }),
  );
  return [
    { ...fewRows(ONE_ROW), suits: (s) => s.rows === 1, mayWin: (s) => s.rows <= 4 },
    ...tiles,
    fewRows(FOUR_ROWS),
  ];
}

/** Of SwiGLU of x · weightᵀ. A tile writes half as many columns as it computes. */
export function gatedVariants(): Variant<'gemm_swiglu'>[] {
  const fewRows = (shape: FewRows): Variant<'gemm_swiglu'> => ({
    name: `gemm_swiglu/${nameOfFewRows(shape)}`,
    source: () => gatedFewRows(shape),
    requires: requirementsOfFewRows(shape),
    fits: (s) => fours(s.inner),
    workgroups: (s) => tiled(s.rows, s.width, shape.rows, colsOf(shape) / 2),
  });
  const tiles = TILES.map(
    ({ tile, enough }): Variant<'gemm_swiglu'> => ({
      name: `gemm_swiglu/${nameOfTile(tile)}`,
      source: () => gatedTile(tile),
      requires: requirementsOfTile(tile),
      fits: (s) => fours(s.width) && s.inner % tile.depth === 0,
      suits: (s) => s.rows > FEW_ROWS && enoughOf(tiled(s.rows, s.width, tile.rows, tile.cols / 2), enough),
      workgroups: (s) => tiled(s.rows, s.width, tile.rows, tile.cols / 2),
    }),
  );
  return [
    { ...fewRows(ONE_ROW), suits: (s) => s.rows === 1, mayWin: (s) => s.rows <= 4 },
    ...tiles,
    fewRows(FOUR_ROWS),
  ];
}

/** Of small outputs: a backward pass has no variant for few rows. */
const SMALL_TILES = [
  { tile: tileOf(32, 64, 16, 4, 8, 2), enough: 96 },
  { tile: tileOf(32, 32, 32, 4, 4, 4), enough: 96 },
  { tile: tileOf(16, 32, 32, 4, 4, 8), enough: 0 },
];

/** Of the products of a backward pass. */
export const backwardVariants = (kernel: 'gemm_nn' | 'gemm_tn'): Variant<'gemm_nn' | 'gemm_tn'>[] =>
  [...TILES.slice(0, -1), ...SMALL_TILES].map(({ tile, enough }) => ({
    name: `${kernel}/${nameOfTile(tile)}`,
    source: () => gemmTile(kernel === 'gemm_nn' ? 'nn' : 'tn', tile),
    requires: requirementsOfTile(tile),
    fits: (s) => (kernel === 'gemm_nn' ? fours(s.inner, s.cols) : fours(s.rows, s.cols)),
    suits: (s) => enoughOf(tiled(s.rows, s.cols, tile.rows, tile.cols), enough),
    workgroups: (s) => tiled(s.rows, s.cols, tile.rows, tile.cols),
  }));
