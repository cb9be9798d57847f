// A rank's part of the routed experts' output: out[r, :] = sum over slots of weight * expert output, in slot order.
// y [pairs, width], received [rows, width + 2 * topK] (its weights are read), pairOf [rows, topK] (expert_plan.wgsl),
// out [rows, width].
struct Sizes { rows: u32, width: u32, topK: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> received: array<f32>;
@group(0) @binding(3) var<storage, read> pairOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const NONE = 0xffffffffu;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let weights = row * (sizes.width + 2u * sizes.topK) + sizes.width + sizes.topK;
  for (var column = lane; column < sizes.width; column += 64u) {
    var sum = 0.0;
    for (var slot = 0u; slot < sizes.topK; slot++) {
      let pair = pairOf[row * sizes.topK + slot];
      if (pair != NONE) { sum += received[weights + slot] * y[pair * sizes.width + column]; }
    }
    out[row * sizes.width + column] = sum;
  }
}
