// Matrix product out = x^T * y: x [inner, rows], y [inner, cols], out [rows, cols].
// A tile of 16 rows and columns of the output a workgroup, a value an invocation, 16 of `inner` at a time.
struct Sizes { rows: u32, inner: u32, cols: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

var<workgroup> xTile: array<f32, 256>;
var<workgroup> yTile: array<f32, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let row0 = group.y * 16u;
  let row = row0 + local.y;
  let col = group.x * 16u + local.x;
  var sum = 0.0;
  for (var k0 = 0u; k0 < sizes.inner; k0 += 16u) {
    xTile[lane] = 0.0;
    yTile[lane] = 0.0;
    if (row0 + local.x < sizes.rows && k0 + local.y < sizes.inner) {
      xTile[lane] = x[(k0 + local.y) * sizes.rows + row0 + local.x];
    }
    if (col < sizes.cols && k0 + local.y < sizes.inner) { yTile[lane] = y[(k0 + local.y) * sizes.cols + col]; }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) { sum += xTile[k * 16u + local.y] * yTile[k * 16u + local.x]; }
    workgroupBarrier();
  }
  if (row < sizes.rows && col < sizes.cols) { out[row * sizes.cols + col] = sum; }
}
