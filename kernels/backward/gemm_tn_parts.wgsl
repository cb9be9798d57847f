// Sums of parts of x^T * y: x [inner, rows], y [inner, cols], out [parts, rows, cols]; the parts of `inner` follow one
// another. A tile of 16 rows and columns of a part a workgroup, a value an invocation. Nothing is shared: a processor
// waits long at barriers.
struct Sizes { rows: u32, inner: u32, cols: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y * 16u + local.y;
  let col = group.x * 16u + local.x;
  if (row >= sizes.rows || col >= sizes.cols) { return; }
  let share = (sizes.inner + sizes.parts - 1u) / sizes.parts;
  var sum = 0.0;
  for (var k = group.z * share; k < min(sizes.inner, (group.z + 1u) * share); k++) {
    sum += x[k * sizes.rows + row] * y[k * sizes.cols + col];
  }
  out[(group.z * sizes.rows + row) * sizes.cols + col] = sum;
}
