// A step (adamw.wgsl) whose gradients are made smaller where their norm is above a limit, as PyTorch does
// (clip_grad_norm_): norm = step[3] x the root of the sum of parts [rows, 256]. One workgroup.
struct Sizes { rows: u32, limit: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> step: array<f32>;
@group(0) @binding(3) var<storage, read_write> clipped: array<f32>;
@group(0) @binding(4) var<storage, read_write> norm: array<f32>;

const LANES = 256u;
var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var row = 0u; row < sizes.rows; row++) { sum += parts[row * LANES + lane]; }
  sums[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane > 0u) { return; }
  norm[0] = step[3] * sqrt(sums[0]);
  clipped[0] = step[0];
  clipped[1] = step[1];
  clipped[2] = step[2];
  clipped[3] = step[3] * min(1.0, sizes.limit / (norm[0] + 1e-6));
}
