// Gradient of RMSNorm's input: out = weight x f with f = 1 / sqrt(mean(x^2) + eps), so
// dX = f (weight dOut - x f^2 mean(weight dOut x)). x and dX rows of `stride`, of which the first `width` are
// normalised (dX is 0 in the others); weight [width], dOut [rows, width], factors [rows] are each row's f. A workgroup
// a row.
struct Sizes { rows: u32, width: u32, stride: u32, eps: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> dOut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;
@group(0) @binding(5) var<storage, read_write> factors: array<f32>;

var<workgroup> parts: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  var sum = vec2f();
  for (var c = lane; c < sizes.width; c += 64u) {
    let value = x[row * sizes.stride + c];
    sum += vec2f(value * value, weight[c] * dOut[row * sizes.width + c] * value);
  }
  parts[lane] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  let means = parts[0] / f32(sizes.width);
  let factor = 1.0 / sqrt(means.x + sizes.eps);
  if (lane == 0u) { factors[row] = factor; }
  for (var c = lane; c < sizes.stride; c += 64u) {
    let at = row * sizes.stride + c;
    if (c >= sizes.width) {
      dX[at] = 0.0;
      continue;
    }
    dX[at] = factor * (weight[c] * dOut[row * sizes.width + c] - x[at] * factor * factor * means.y);
  }
}
