// A rank's part of the routed experts' output: out[r, :] = sum over slots of weight * expert output, in slot order.
// y [pairs, width]; received [any, stride], whose row r has the weights of its slots from column `at` on; pairOf
// [rows, topK] (expert_plan/any.wgsl); out [rows, width], or, when `packed` is 1, two bf16 a word (common/bf16.wgsl).
// include common/bf16.wgsl
struct Sizes { rows: u32, width: u32, topK: u32, stride: u32, at: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> received: array<f32>;
@group(0) @binding(3) var<storage, read> pairOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<u32>;

const NONE = 0xffffffffu;

fn sumAt(row: u32, column: u32) -> f32 {
  var sum = 0.0;
  for (var slot = 0u; slot < sizes.topK; slot++) {
    let pair = pairOf[row * sizes.topK + slot];
    if (pair != NONE) { sum += received[row * sizes.stride + sizes.at + slot] * y[pair * sizes.width + column]; }
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  if (sizes.packed == 0u) {
    for (var column = lane; column < sizes.width; column += 64u) {
      out[row * sizes.width + column] = bitcast<u32>(sumAt(row, column));
    }
    return;
  }
  let words = (sizes.width + 1u) / 2u;
  for (var word = lane; word < words; word += 64u) {
    var odd = 0.0;
    if (2u * word + 1u < sizes.width) { odd = sumAt(row, 2u * word + 1u); }
    out[row * words + word] = packBf16(sumAt(row, 2u * word), odd);
  }
}
