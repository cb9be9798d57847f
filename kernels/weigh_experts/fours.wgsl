// Weighted sums of the experts' output (weigh_experts/any.wgsl), four columns at a time: width is a multiple of four.
// include common/bf16.wgsl
struct Sizes { rows: u32, width: u32, topK: u32, stride: u32, at: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> received: array<f32>;
@group(0) @binding(3) var<storage, read> pairOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec2u>;

const NONE = 0xffffffffu;
const LANES = 128u;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let fours = sizes.width / 4u;
  for (var i = lane; i < fours; i += LANES) {
    var sum = vec4f();
    for (var slot = 0u; slot < sizes.topK; slot++) {
      let pair = pairOf[row * sizes.topK + slot];
      if (pair != NONE) { sum += received[row * sizes.stride + sizes.at + slot] * y[pair * fours + i]; }
    }
    if (sizes.packed == 1u) {
      out[row * fours + i] = vec2u(packBf16(sum.x, sum.y), packBf16(sum.z, sum.w));
    } else {
      out[2u * (row * fours + i)] = bitcast<vec2u>(sum.xy);
      out[2u * (row * fours + i) + 1u] = bitcast<vec2u>(sum.zw);
    }
  }
}
