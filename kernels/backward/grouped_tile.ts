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
import { findPlace, MOST_GROUPS } from '../grouped_gemm/place';

/** grouped_gemm_nn by tiles of rows of one group; inner and cols are multiples of four. */
export function groupedNnTile(tile: Tile): string {
  const dOut: Side = {
    buffer: 'dOut',
    along: 'depth',
    at: (line, depth) => `min(pair0 + ${line}, end - 1u) * (sizes.inner / 4u) + ${depth}`,
  };
  const weight: Side = {
    buffer: 'weight',
    along: 'lines',
    at: (line, depth) =>
      `(expert * sizes.inner + ${depth}) * (sizes.cols / 4u) + min(col0 / 4u + ${line}, sizes.cols / 4u - 1u)`,
    stride: '(sizes.cols / 4u)',
  };
  return `struct Sizes { pairs: u32, inner: u32, cols: u32, groups: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

var<workgroup> tilesOf: array<u32, ${MOST_GROUPS}>;
var<workgroup> found: vec3u;
var<workgroup> memory: array<vec4f, ${entriesOf(tile)}>;

@compute @workgroup_size(${invocationsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
${findPlace(tile.rows, invocationsOf(tile))}let col0 = group.x * ${tile.cols}u;
${namePlace(tile)}${declareSums(tile, 'sum')}
${multiplyTile(tile, 'sum', dOut, weight, 'sizes.inner', 'partial')}
${addSlices(tile, 'sum')}
if (slice > 0u) { return; }
${eachOfTile(
  tile,
  'sum',
  (value, row, col) => `{
let pair = pair0 + ${row};
let col = (col0 + ${col}) / 4u;
if (pair < end && col < sizes.cols / 4u) { out[pair * (sizes.cols / 4u) + col] = ${value}; }
}
`,
)}}
`;
}

/** grouped_gemm_tn by tiles of a part of one group's output; rows, cols and stride are multiples of four. */
export function groupedTnTile(tile: Tile): string {
  const dOut: Side = {
    buffer: 'dOut',
    along: 'lines',
    at: (line, depth) => `(first + ${depth}) * (sizes.rows / 4u) + min(row0 / 4u + ${line}, sizes.rows / 4u - 1u)`,
    stride: '(sizes.rows / 4u)',
  };
  // A place counts fours of columns of the group's pairs, one after the other, wherever their rows lie.
  const x: Side = {
    buffer: 'x',
    along: 'lines',
    at: (line, depth) => `(${depth}) * (sizes.cols / 4u) + min(col0 / 4u + ${line}, sizes.cols / 4u - 1u)`,
    stride: '(sizes.cols / 4u)',
    read: (place) => `xAt(first, end, ${place})`,
  };
  return `struct Sizes { pairs: u32, rows: u32, cols: u32, groups: u32, stride: u32, gather: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> pairRow: array<u32>;
@group(0) @binding(4) var<storage, read> offsets: array<u32>;
@group(0) @binding(5) var<storage, read_write> dWeight: array<vec4f>;

var<workgroup> memory: array<vec4f, ${entriesOf(tile)}>;

fn xAt(first: u32, end: u32, place: u32) -> vec4f {
let pair = min(first + place / (sizes.cols / 4u), max(end, 1u) - 1u);
var row = pair;
if (sizes.gather == 1u) { row = pairRow[pair]; }
return x[row * (sizes.stride / 4u) + place % (sizes.cols / 4u)];
}

@compute @workgroup_size(${invocationsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
let row0 = group.y * ${tile.rows}u;
let col0 = group.x * ${tile.cols}u;
let expert = group.z % sizes.groups;
let part = group.z / sizes.groups;
let begin = offsets[expert];
let all = offsets[expert + 1u] - begin;
let share = (all + sizes.parts - 1u) / sizes.parts;
let first = begin + min(all, part * share);
let end = begin + min(all, (part + 1u) * share);
let count = end - first;
${namePlace(tile)}${declareSums(tile, 'sum')}
${multiplyTile(tile, 'sum', dOut, x, 'count', 'partial')}
${addSlices(tile, 'sum')}
if (slice > 0u) { return; }
${eachOfTile(
  tile,
  'sum',
  (value, row, col) => `{
let row = row0 + ${row};
let col = (col0 + ${col}) / 4u;
if (row < sizes.rows && col < sizes.cols / 4u) {
dWeight[(group.z * sizes.rows + row) * (sizes.cols / 4u) + col] = ${value};
}
}
`,
)}}
`;
}
