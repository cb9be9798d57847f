import {
  addSlices,
  declareSums,
  eachGatedOfTile,
  eachOfTile,
  entriesOf,
  invocationsOf,
  multiplyTile,
  namePlace,
  type Pieces,
  type Side,
  type Tile,
} from '../common/tile';

/**
 * Which dimension of an operand lies together: n, the one that is summed over stands where a plain product has it; t,
 * it is transposed. nt: x [rows, inner] · y [cols, inner]ᵀ; nn: x · y [inner, cols]; tn: x [inner, rows]ᵀ · y.
 */
export type Layout = 'nt' | 'nn' | 'tn';

/** A matrix product by tiles. Dimensions that lie together are multiples of four; inner of the tile's depth, for nt. */
export function gemmTile(layout: Layout, tile: Tile): string {
  const byLines = (buffer: string, first: string, lines: string): Side => ({
    buffer,
    along: 'lines',
    at: (line, depth) => `(${depth}) * (${lines} / 4u) + min(${first} / 4u + ${line}, ${lines} / 4u - 1u)`,
    stride: `(${lines} / 4u)`,
  });
  const x = layout === 'tn' ? byLines('x', 'row0', 'sizes.rows') : byDepth('x', 'row0', 'sizes.rows');
  const y = layout === 'nt' ? byDepth('y', 'col0', 'sizes.cols') : byLines('y', 'col0', 'sizes.cols');
  return productOf(tile, 'cols', tile.cols, x, y, layout === 'nt' ? 'whole' : 'partial', eachOfTile);
}

/** SwiGLU of a product by tiles: x [rows, inner] · weight [2 width, inner]ᵀ, the gates first; otherwise as gemmTile. */
export const gatedTile = (tile: Tile): string =>
  productOf(
    tile,
    'width',
    tile.cols / 2,
    byDepth('x', 'row0', 'sizes.rows'),
    gatesAndUps('y', tile, '0u'),
    'whole',
    eachGatedOfTile,
  );

const byDepth = (buffer: string, first: string, lines: string): Side => ({
  buffer,
  along: 'depth',
  at: (line, depth) => `min(${first} + ${line}, ${lines} - 1u) * (sizes.inner / 4u) + ${depth}`,
});

/** Half a tile's columns are gates, the other half their ups. `base`: the first row of this weight. */
export const gatesAndUps = (buffer: string, { cols }: Tile, base: string): Side => ({
  buffer,
  along: 'depth',
  at: (line, depth) => {
    const half = `(${line}) / ${cols / 2}u`;
    const column = `min(col0 + (${line}) % ${cols / 2}u, sizes.width - 1u)`;
    return `(${base} + ${half} * sizes.width + ${column}) * (sizes.inner / 4u) + ${depth}`;
  },
});

/** The kernel of a product whose output has rows of so many columns, of which a tile writes so many. */
const productOf = (
  tile: Tile,
  columns: 'cols' | 'width',
  written: number,
  x: Side,
  y: Side,
  pieces: Pieces,
  eachOutput: typeof eachOfTile,
): string => `struct Sizes { rows: u32, inner: u32, ${columns}: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

var<workgroup> memory: array<vec4f, ${entriesOf(tile)}>;

@compute @workgroup_size(${invocationsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let row0 = group.y * ${tile.rows}u;
let col0 = group.x * ${written}u;
${namePlace(tile)}${declareSums(tile, 'sum')}
${multiplyTile(tile, 'sum', x, y, 'sizes.inner', pieces)}
${addSlices(tile, 'sum')}
if (slice > 0u) { return; }
${eachOutput(
  tile,
  'sum',
  (value, row, col) => `{
let row = row0 + ${row};
let col = (col0 + ${col}) / 4u;
if (row < sizes.rows && col < sizes.${columns} / 4u) { out[row * (sizes.${columns} / 4u) + col] = ${value}; }
}
`,
)}}
`;
