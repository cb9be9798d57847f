import {
  addSlices,
  declareSums,
  eachGatedOfTile,
  eachOfTile,
  entriesOf,
  invocationsOf,
  multiplyTile,
  namePlace,
  type Side,
  type Tile,
} from '../common/tile';
import { gatesAndUps } from '../gemm/tile';
import { type Columns, findPlace, fourOf, groupedHead, type Rows, strideOf } from './place';

const xOf = (rows: Rows): Side => ({
  buffer: 'x',
  along: 'depth',
  read: (place) => fourOf(rows, place),
  at: (line, depth) => `rowOf(min(pair0 + ${line}, end - 1u)) * ${strideOf(rows)} + ${depth}`,
});
const weight: Side = {
  buffer: 'weight',
  along: 'depth',
  at: (line, depth) => `(expert * sizes.cols + min(col0 + ${line}, sizes.cols - 1u)) * (sizes.inner / 4u) + ${depth}`,
};

/**
 * A grouped product by tiles of rows of one expert; stride and cols are multiples of four, inner of the tile's depth.
 */
export const groupedTile = (tile: Tile): string => productOf(tile, 'cols', 'f32', tile.cols, weight, eachOfTile);

/** SwiGLU of a grouped product; an expert's weight is [2 width, inner], the gates first. Strides of bf16 are of pairs. */
export const groupedGatedTile = (tile: Tile, rows: Rows): string =>
  productOf(
    tile,
    'width',
    rows,
    tile.cols / 2,
    gatesAndUps('weight', tile, 'expert * 2u * sizes.width'),
    eachGatedOfTile,
  );

const productOf = (
  tile: Tile,
  columns: Columns,
  rows: Rows,
  written: number,
  weights: Side,
  eachOutput: typeof eachOfTile,
): string => `${groupedHead(columns, 'vec4f', rows)}
var<workgroup> memory: array<vec4f, ${entriesOf(tile)}>;

@compute @workgroup_size(${invocationsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
${findPlace(tile.rows, invocationsOf(tile))}let col0 = group.x * ${written}u;
${namePlace(tile)}${declareSums(tile, 'sum')}
${multiplyTile(tile, 'sum', xOf(rows), weights, 'sizes.inner', 'whole')}
${addSlices(tile, 'sum')}
if (slice > 0u) { return; }
${eachOutput(
  tile,
  'sum',
  (value, row, col) => `{
let pair = pair0 + ${row};
let col = (col0 + ${col}) / 4u;
if (pair < end && col < sizes.${columns} / 4u) { out[pair * (sizes.${columns} / 4u) + col] = ${value}; }
}
`,
)}}
`;
