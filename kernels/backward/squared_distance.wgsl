// Of each row weight x factor x the sum of (x - wanted)^2, and the gradient of the rows' sum for x. x, wanted and dX
// [rows, width]; weights and losses [rows]. A workgroup a row.
struct Sizes { rows: u32, width: u32, factor: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> wanted: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> dX: array<f32>;

const LANES = 64u;
var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let factor = sizes.factor * weights[row];
  var sum = 0.0;
  for (var i = row * sizes.width + lane; i < (row + 1u) * sizes.width; i += LANES) {
    let difference = x[i] - wanted[i];
    sum += difference * difference;
    dX[i] = 2.0 * factor * difference;
  }
  parts[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  if (lane == 0u) { losses[row] = factor * parts[0]; }
}
