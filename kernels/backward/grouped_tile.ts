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
