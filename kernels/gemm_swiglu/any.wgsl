// SwiGLU (Shazeer, 2020) of a matrix product: out[r, i] = silu(gate) * up, silu(z) = z / (1 + exp(-z)), where gate and
// up are columns i and width + i of x * weight^T. x [rows, inner], weight [2 * width, inner], out [rows, width].
// A tile of 32 rows and columns of the output a workgroup, 4 x 4 values an invocation, 32 columns of `inner` at a time.
struct Sizes { rows: u32, inner: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const ROWS = 32u;
const COLS = 32u; // of the output
const DEPTH = 32u;
// Each entry holds 4 rows (of x or of weight) at one depth.
var<workgroup> xTile: array<vec4f, 256>;
var<workgroup> wTile: array<vec4f, 512>;

// Rows and columns beyond the last repeat it, and are not stored; beyond the last k, x is zero (and weights are
// finite). So nothing branches.
fn xAt(row: u32, k: u32) -> f32 {
  return select(0.0, x[min(row, sizes.rows - 1u) * sizes.inner + min(k, sizes.inner - 1u)], k < sizes.inner);
}

// Of the 64 columns of a tile 32 are gates, the others their ups.
fn weightAt(col0: u32, col: u32, k: u32) -> f32 {
  let row = col / 32u * sizes.width + min(col0 + col % 32u, sizes.width - 1u);
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
  let row0 = group.y * ROWS;
  let col0 = group.x * COLS;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var more0 = vec4f(); // columns 32 further
  var more1 = vec4f();
  var more2 = vec4f();
  var more3 = vec4f();
  for (var k0 = 0u; k0 < sizes.inner; k0 += DEPTH) {
    for (var i = lane; i < 8u * DEPTH; i += 64u) {
      let depth = i % DEPTH;
      let four = i / DEPTH;
      let k = k0 + depth;
      let row = row0 + four * 4u;
      xTile[depth * 8u + four] = vec4f(xAt(row, k), xAt(row + 1u, k), xAt(row + 2u, k), xAt(row + 3u, k));
    }
    for (var i = lane; i < 16u * DEPTH; i += 64u) {
      let depth = i % DEPTH;
      let four = i / DEPTH;
      let k = k0 + depth;
      let col = four * 4u;
      wTile[depth * 16u + four] = vec4f(
        weightAt(col0, col, k), weightAt(col0, col + 1u, k), weightAt(col0, col + 2u, k), weightAt(col0, col + 3u, k));
    }
    workgroupBarrier();
    for (var depth = 0u; depth < DEPTH; depth++) {
      let a = xTile[depth * 8u + local.y];
      let b = wTile[depth * 16u + local.x];
      let c = wTile[depth * 16u + 8u + local.x];
      sum0 += a.x * b;
      sum1 += a.y * b;
      sum2 += a.z * b;
      sum3 += a.w * b;
      more0 += a.x * c;
      more1 += a.y * c;
      more2 += a.z * c;
      more3 += a.w * c;
    }
    workgroupBarrier();
  }
  let row = row0 + local.y * 4u;
  let col = col0 + local.x * 4u;
  store(row, col, sum0, more0);
  store(row + 1u, col, sum1, more1);
  store(row + 2u, col, sum2, more2);
  store(row + 3u, col, sum3, more3);
}
