import {
  addSlices,
  declareSums,
  eachOfTile,
  entriesOf,
  invocationsOf,
  multiplyTile,
  namePlace,
  type Side,
  type Tile,
} from '../common/tile';

/** gemm_tn_parts by tiles of one part; rows and cols are multiples of four. */
export function gemmTnPartsTile(tile: Tile): string {
  // Depths beyond a part are read, wherever they lie, and then are 0.
  const side = (buffer: string, first: string, lines: string): Side => ({
    buffer,
    along: 'lines',
    at: (line, depth) => `(begin + ${depth}) * (${lines} / 4u) + min(${first} / 4u + ${line}, ${lines} / 4u - 1u)`,
    stride: `(${lines} / 4u)`,
  });
  return `struct Sizes { rows: u32, inner: u32, cols: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

var<workgroup> memory: array<vec4f, ${entriesOf(tile)}>;

@compute @workgroup_size(${invocationsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let row0 = group.y * ${tile.rows}u;
let col0 = group.x * ${tile.cols}u;
let share = (sizes.inner + sizes.parts - 1u) / sizes.parts;
let begin = min(sizes.inner, group.z * share);
let count = min(sizes.inner, (group.z + 1u) * share) - begin;
${namePlace(tile)}${declareSums(tile, 'sum')}
${multiplyTile(tile, 'sum', side('x', 'row0', 'sizes.rows'), side('y', 'col0', 'sizes.cols'), 'count', 'partial')}
${addSlices(tile, 'sum')}
if (slice > 0u) { return; }
${eachOfTile(
  tile,
  'sum',
  (value, row, col) => `{
let row = row0 + ${row};
let col = (col0 + ${col}) / 4u;
if (row < sizes.rows && col < sizes.cols / 4u) {
out[(group.z * sizes.rows + row) * (sizes.cols / 4u) + col] = ${value};
}
}
`,
)}}
`;
}
