// Gradient of RMSNorm's weight: dWeight[c] = sum over rows of dOut x f. x rows of `stride`, factors [rows] (f of
// rmsnorm_grad.wgsl), dOut [rows, width], dWeight [width]. A workgroup takes 16 columns; 16 invocations share the rows
// of each, and their sums are added in their order.
struct Sizes { rows: u32, width: u32, stride: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> factors: array<f32>;
@group(0) @binding(3) var<storage, read> dOut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dWeight: array<f32>;

var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * 16u + local.x;
  var sum = 0.0;
  if (column < sizes.width) {
    for (var row = local.y; row < sizes.rows; row += 16u) {
      sum += dOut[row * sizes.width + column] * x[row * sizes.stride + column] * factors[row];
    }
  }
  parts[local.y * 16u + local.x] = sum;
  workgroupBarrier();
  if (local.y > 0u || column >= sizes.width) { return; }
  var total = 0.0;
  for (var i = 0u; i < 16u; i++) { total += parts[i * 16u + local.x]; }
  dWeight[column] = total;
}
