// SwiGLU (Shazeer, 2020) of a matrix product: out[r, i] = silu(gate) * up, silu(z) = z / (1 + exp(-z)), where gate and
// up are columns i and width + i of x * weight^T. x [rows, inner], weight [2 * width, inner], out [rows, width].
// A tile of 32 rows and columns of the output a workgroup, 4 x 4 values an invocation, 32 columns of `inner` at a time.
// include common/plain_tile.wgsl
struct Sizes { rows: u32, inner: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const COLS = 32u; // of the output

var<private> col0: u32;
var<private> row0: u32;

// Rows and columns beyond the last repeat it, and are not stored; beyond the last k, x is zero (and weights are
// finite). So nothing branches.
fn xAt(line: u32, k: u32) -> f32 {
  return select(0.0, x[min(row0 + line, sizes.rows - 1u) * sizes.inner + min(k, sizes.inner - 1u)], k < sizes.inner);
}

// Of the 64 columns of a tile 32 are gates, the others their ups.
fn weightAt(line: u32, k: u32) -> f32 {
  let row = line / 32u * sizes.width + min(col0 + line % 32u, sizes.width - 1u);
  return weight[row * sizes.inner + min(k, sizes.inner - 1u)];
}

fn store(row: u32, col: u32, gate: vec4f, up: vec4f) {
  if (row >= sizes.rows) { return; }
  let values = gate / (1.0 + exp(-gate)) * up;
  let at = row * sizes.width + col;
  if (col < sizes.width) { out[at] = values.x; }
  if (col + 1u < sizes.width) { out[at + 1u] = values.y; }
  if (col + 2u < sizes.width) { out[at + 2u] = values.z; }
  if (col + 3u < sizes.width) { out[at + 3u] = values.w; }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  row0 = group.y * ROWS;
  col0 = group.x * COLS;
  let sums = sumTile(sizes.inner, local, lane);
  let row = row0 + local.y * 4u;
  let col = col0 + local.x * 4u;
  store(row, col, sums.own[0], sums.more[0]);
  store(row + 1u, col, sums.own[1], sums.more[1]);
  store(row + 2u, col, sums.own[2], sums.more[2]);
  store(row + 3u, col, sums.own[3], sums.more[3]);
}
