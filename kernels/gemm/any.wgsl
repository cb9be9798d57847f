// Matrix product with a weight stored as PyTorch's Linear stores it: out = x * weight^T.
// x [rows, inner], weight [cols, inner], out [rows, cols].
// A tile of 32 rows and 64 columns of the output a workgroup, 4 x 8 values an invocation, 32 columns of `inner` at a
// time.
// include common/plain_tile.wgsl
struct Sizes { rows: u32, inner: u32, cols: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const COLS = 64u;

var<private> col0: u32;
var<private> row0: u32;

// Rows and columns beyond the last repeat it, and are not stored; beyond the last k, x is zero (and weights are
// finite). So nothing branches.
fn xAt(line: u32, k: u32) -> f32 {
  return select(0.0, x[min(row0 + line, sizes.rows - 1u) * sizes.inner + min(k, sizes.inner - 1u)], k < sizes.inner);
}

fn weightAt(line: u32, k: u32) -> f32 {
  return weight[min(col0 + line, sizes.cols - 1u) * sizes.inner + min(k, sizes.inner - 1u)];
}

fn store(row: u32, col: u32, values: vec4f) {
  if (row >= sizes.rows) { return; }
  let at = row * sizes.cols + col;
  if (col < sizes.cols) { out[at] = values.x; }
  if (col + 1u < sizes.cols) { out[at + 1u] = values.y; }
  if (col + 2u < sizes.cols) { out[at + 2u] = values.z; }
  if (col + 3u < sizes.cols) { out[at + 3u] = values.w; }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  row0 = group.y * ROWS;
  col0 = group.x * COLS;
  let sums = sumTile(sizes.inner, local, lane);
  let row = row0 + local.y * 4u;
  let col = col0 + local.x * 4u;
  store(row, col, sums.own[0]);
  store(row, col + 32u, sums.more[0]);
  store(row + 1u, col, sums.own[1]);
  store(row + 1u, col + 32u, sums.more[1]);
  store(row + 2u, col, sums.own[2]);
  store(row + 2u, col + 32u, sums.more[2]);
  store(row + 3u, col, sums.own[3]);
  store(row + 3u, col + 32u, sums.more[3]);
}
