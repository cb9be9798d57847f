// SwiGLU (gemm_swiglu/any.wgsl) of a grouped matrix product, x[row(p), :] * weight[expert(p)]^T.
// Pairs (token, expert) are sorted by expert: expert e owns the pairs offsets[e] .. offsets[e + 1].
// x [any, stride], f32 or, when `packed` is 1, two bf16 a word, of which the first `inner` columns are read; pairRow
// [pairs] names the row of x that a pair
// reads when `gather` is 1, else pair p reads row p; offsets [groups + 1]; weight [groups, 2 * width,
// inner]; out [pairs, width]. Workgroup (x, y): column tile x of the y-th row tile, counted over all experts in turn.
// include common/bf16.wgsl
// include common/plain_tile.wgsl
struct Sizes { pairs: u32, inner: u32, width: u32, groups: u32, stride: u32, gather: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> pairRow: array<u32>;
@group(0) @binding(3) var<storage, read> offsets: array<u32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

const COLS = 32u; // of the output
var<workgroup> rowOf: array<u32, 32>; // the row of x that each line of the tile reads
var<workgroup> place: vec3u; // expert, first pair of this tile, end of the expert's pairs

var<private> col0: u32;
var<private> base: u32; // of the expert's weight

// Columns beyond the last repeat it, and are not stored; beyond the last k, x is zero (and weights are finite).
// So nothing branches.
// Of the 64 columns of a tile 32 are gates, the others their ups.
fn weightAt(line: u32, k: u32) -> f32 {
  let row = line / 32u * sizes.width + min(col0 + line % 32u, sizes.width - 1u);
  return weight[base + row * sizes.inner + min(k, sizes.inner - 1u)];
}

fn xAt(line: u32, k: u32) -> f32 {
  if (k >= sizes.inner) { return 0.0; }
  let row = rowOf[line] * sizes.stride;
  if (sizes.packed == 1u) { return unpackBf16(x[row + k / 2u], k); }
  return bitcast<f32>(x[row + k]);
}

fn store(pair: u32, end: u32, col: u32, gate: vec4f, up: vec4f) {
  if (pair >= end) { return; }
  let values = gate / (1.0 + exp(-gate)) * up;
  let at = pair * sizes.width + col;
  if (col < sizes.width) { out[at] = values.x; }
  if (col + 1u < sizes.width) { out[at + 1u] = values.y; }
  if (col + 2u < sizes.width) { out[at + 2u] = values.z; }
  if (col + 3u < sizes.width) { out[at + 3u] = values.w; }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) {
    var tile = group.y;
    var found = vec3u(0u);
    for (var e = 0u; e < sizes.groups; e++) {
      let first = offsets[e];
      let end = offsets[e + 1u];
      let tiles = (end - first + ROWS - 1u) / ROWS;
      if (tile < tiles) {
        found = vec3u(e, first + tile * ROWS, end);
        break;
      }
      tile -= tiles;
    }
    place = found;
  }
  let mine = workgroupUniformLoad(&place);
  let pair0 = mine.y;
  let end = mine.z;
  if (end == 0u) { return; }
  // Lines past the expert's last pair repeat it; what they compute is not stored.
  if (lane < ROWS) {
    let pair = min(pair0 + lane, end - 1u);
    if (sizes.gather == 1u) { rowOf[lane] = pairRow[pair]; } else { rowOf[lane] = pair; }
  }
  workgroupBarrier();
  col0 = group.x * COLS;
  base = mine.x * 2u * sizes.width * sizes.inner;
  let sums = sumTile(sizes.inner, local, lane);
  let pair = pair0 + local.y * 4u;
  let col = col0 + local.x * 4u;
  store(pair, end, col, sums.own[0], sums.more[0]);
  store(pair + 1u, end, col, sums.own[1], sums.more[1]);
  store(pair + 2u, end, col, sums.own[2], sums.more[2]);
  store(pair + 3u, end, col, sums.own[3], sums.more[3]);
}
