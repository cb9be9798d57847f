// Grouped matrix product, a weight an expert: out[p, :] = x[row(p), :] * weight[expert(p)]^T.
// Pairs (token, expert) are sorted by expert: expert e owns the pairs offsets[e] .. offsets[e + 1].
// x [any, stride], of which the first `inner` columns are read; pairRow [pairs] names the row of x that a pair
// reads when `gather` is 1, else pair p reads row p; offsets [groups + 1]; weight [groups, cols, inner];
// out [pairs, cols]. Workgroup (x, y): column tile x of the y-th row tile, counted over all experts in turn.
// include common/plain_tile.wgsl
struct Sizes { pairs: u32, inner: u32, cols: u32, groups: u32, stride: u32, gather: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> pairRow: array<u32>;
@group(0) @binding(3) var<storage, read> offsets: array<u32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

const COLS = 64u;
var<workgroup> rowOf: array<u32, 32>; // the row of x that each line of the tile reads
var<workgroup> place: vec3u; // expert, first pair of this tile, end of the expert's pairs

var<private> col0: u32;
var<private> base: u32; // of the expert's weight

// Columns beyond the last repeat it, and are not stored; beyond the last k, x is zero (and weights are finite).
// So nothing branches.
fn weightAt(line: u32, k: u32) -> f32 {
  return weight[base + min(col0 + line, sizes.cols - 1u) * sizes.inner + min(k, sizes.inner - 1u)];
}

fn xAt(line: u32, k: u32) -> f32 {
  return select(0.0, x[rowOf[line] * sizes.stride + min(k, sizes.inner - 1u)], k < sizes.inner);
}

fn store(pair: u32, end: u32, col: u32, values: vec4f) {
  if (pair >= end) { return; }
  let at = pair * sizes.cols + col;
  if (col < sizes.cols) { out[at] = values.x; }
  if (col + 1u < sizes.cols) { out[at + 1u] = values.y; }
  if (col + 2u < sizes.cols) { out[at + 2u] = values.z; }
  if (col + 3u < sizes.cols) { out[at + 3u] = values.w; }
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
  base = mine.x * sizes.cols * sizes.inner;
  let sums = sumTile(sizes.inner, local, lane);
  let pair = pair0 + local.y * 4u;
  let col = col0 + local.x * 4u;
  store(pair, end, col, sums.own[0]);
  store(pair, end, col + 32u, sums.more[0]);
  store(pair + 1u, end, col, sums.own[1]);
  store(pair + 1u, end, col + 32u, sums.more[1]);
  store(pair + 2u, end, col, sums.own[2]);
  store(pair + 2u, end, col + 32u, sums.more[2]);
  store(pair + 3u, end, col, sums.own[3]);
  store(pair + 3u, end, col + 32u, sums.more[3]);
}
