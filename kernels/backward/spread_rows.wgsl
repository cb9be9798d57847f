// Gradient of un-permute: each token's row goes to the places from which rows were added up for it. d [rows, width];
// rowOf [rows, ranks] (send_plan.wgsl), NONE where a rank sent none; out [sent, width], or, when `packed` is 1, two
// bf16 a word (common/bf16.wgsl). A workgroup a token and rank.
// include common/bf16.wgsl
struct Sizes { rows: u32, ranks: u32, topK: u32, width: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read> rowOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

const NONE = 0xffffffffu;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = group.x + group.y * 65535u;
  if (token >= sizes.rows) { return; }
  let row = rowOf[token * sizes.ranks + group.z];
  if (row == NONE) { return; }
  let base = token * sizes.width;
  if (sizes.packed == 0u) {
    for (var c = lane; c < sizes.width; c += 64u) { out[row * sizes.width + c] = bitcast<u32>(d[base + c]); }
    return;
  }
  let words = (sizes.width + 1u) / 2u;
  for (var word = lane; word < words; word += 64u) {
    var odd = 0.0;
    if (2u * word + 1u < sizes.width) { odd = d[base + 2u * word + 1u]; }
    out[row * words + word] = packBf16(d[base + 2u * word], odd);
  }
}
