// Gradients of weigh_experts: dY[pair] = weight dOut[row], dWeights[row, slot] = dOut[row] . y[pair], 0 in slots
// without a pair. y and dY [pairs, width]; received [any, stride], whose row has the weights of its slots from column
// `at` on; pairOf [rows, topK]; dOut [rows, width]; dWeights [rows, topK]. A workgroup a row.
struct Sizes { rows: u32, width: u32, topK: u32, stride: u32, at: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> received: array<f32>;
@group(0) @binding(3) var<storage, read> pairOf: array<u32>;
@group(0) @binding(4) var<storage, read> dOut: array<f32>;
@group(0) @binding(5) var<storage, read_write> dY: array<f32>;
@group(0) @binding(6) var<storage, read_write> dWeights: array<f32>;

const NONE = 0xffffffffu;
var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  for (var slot = 0u; slot < sizes.topK; slot++) {
    let pair = pairOf[row * sizes.topK + slot];
    var sum = 0.0;
    if (pair != NONE) {
      let weight = received[row * sizes.stride + sizes.at + slot];
      for (var c = lane; c < sizes.width; c += 64u) {
        let d = dOut[row * sizes.width + c];
        sum += d * y[pair * sizes.width + c];
        dY[pair * sizes.width + c] = weight * d;
      }
    }
    parts[lane] = sum;
    for (var half = 32u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) { parts[lane] += parts[lane + half]; }
    }
    workgroupBarrier();
    if (lane == 0u) { dWeights[row * sizes.topK + slot] = parts[0]; }
    workgroupBarrier();
  }
}
