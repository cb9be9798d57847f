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

// Gradients of weights, sums over tokens by tiles. Depths are the tokens of a part, of which there are `count`; those
// beyond are read, wherever they lie, and then are 0.

/** gemm_tn_parts by tiles of one part; rows and cols are multiples of four. */
export function gemmTnPartsTile(tile: Tile): string {
  return `struct Sizes { rows: u32, inner: u32, cols: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

${begin(tile)}let share = (sizes.inner + sizes.parts - 1u) / sizes.parts;
let begin = min(sizes.inner, group.z * share);
let count = min(sizes.inner, (group.z + 1u) * share) - begin;
${sum(tile, 'out', tokensOf('x', 'row0', 'sizes.rows', 'begin + '), tokensOf('y', 'col0', 'sizes.cols', 'begin + '))}`;
}

/** grouped_gemm_tn by tiles of a part of one group's output; rows, cols and stride are multiples of four. */
export function groupedTnTile(tile: Tile): string {
  // A place counts fours of columns of the group's pairs, one after the other, wherever their rows lie.
  const x: Side = { ...tokensOf('x', 'col0', 'sizes.cols', ''), read: (place) => `xAt(first, end, ${place})` };
  return `struct Sizes { pairs: u32, rows: u32, cols: u32, groups: u32, stride: u32, gather: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> pairRow: array<u32>;
@group(0) @binding(4) var<storage, read> offsets: array<u32>;
@group(0) @binding(5) var<storage, read_write> dWeight: array<vec4f>;

fn xAt(first: u32, end: u32, place: u32) -> vec4f {
let pair = min(first + place / (sizes.cols / 4u), max(end, 1u) - 1u);
var row = pair;
if (sizes.gather == 1u) { row = pairRow[pair]; }
return x[row * (sizes.stride / 4u) + place % (sizes.cols / 4u)];
}

${begin(tile)}let expert = group.z % sizes.groups;
let part = group.z / sizes.groups;
let begin = offsets[expert];
let all = offsets[expert + 1u] - begin;
let share = (all + sizes.parts - 1u) / sizes.parts;
let first = begin + min(all, part * share);
let end = begin + min(all, (part + 1u) * share);
let count = end - first;
${sum(tile, 'dWeight', tokensOf('dOut', 'row0', 'sizes.rows', 'first + '), x)}`;
}

/** Fours of `lines` columns, a token a row, from `base` on. */
const tokensOf = (buffer: string, first: string, lines: string, base: string): Side => ({
  buffer,
  along: 'lines',
  at: (line, depth) => `(${base}${depth}) * (${lines} / 4u) + min(${first} / 4u + ${line}, ${lines} / 4u - 1u)`,
  stride: `(${lines} / 4u)`,
});

const begin = (tile: Tile): string => `var<workgroup> memory: array<vec4f, ${entriesOf(tile)}>;

@compute @workgroup_size(${invocationsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let row0 = group.y * ${tile.rows}u;
let col0 = group.x * ${tile.cols}u;
`;

/** What a workgroup adds up over `count` depths, in the z-th matrix of `out`. */
const sum = (tile: Tile, out: string, x: Side, y: Side): string => `${namePlace(tile)}${declareSums(tile, 'sum')}
${multiplyTile(tile, 'sum', x, y, 'count', 'partial')}
${addSlices(tile, 'sum')}
if (slice > 0u) { return; }
${eachOfTile(
  tile,
  'sum',
  (value, row, col) => `{
let row = row0 + ${row};
let col = (col0 + ${col}) / 4u;
if (row < sizes.rows && col < sizes.cols / 4u) {
${out}[(group.z * sizes.rows + row) * (sizes.cols / 4u) + col] = ${value};
}
}
`,
)}}
`;
