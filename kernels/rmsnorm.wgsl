// RMSNorm (Zhang and Sennrich, 2019): out[r, :] = weight * x[r, :] / sqrt(mean(x[r, :]^2) + eps).
// x [rows, stride], of which the first `width` columns are read; weight [width]; out [rows, width].
struct Sizes { rows: u32, width: u32, stride: u32, eps: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

var<workgroup> partial: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let source = row * sizes.stride;
  var sum = 0.0;
  for (var column = lane; column < sizes.width; column += 64u) {
    let value = x[source + column];
    sum += value * value;
  }
  partial[lane] = sum;
  workgroupBarrier();
  // Every invocation adds up all 64 parts: fewer barriers than a tree, and the same order everywhere.
  var total = 0.0;
  for (var i = 0u; i < 64u; i++) { total += partial[i]; }
  let scale = inverseSqrt(total / f32(sizes.width) + sizes.eps);
  for (var column = lane; column < sizes.width; column += 64u) {
    out[row * sizes.width + column] = weight[column] * (x[source + column] * scale);
  }
}
