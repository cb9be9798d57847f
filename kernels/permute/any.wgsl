// Permute tokens into the send buffer of Dispatch: a row is the activation, then the ids of the token's experts on the
// destination rank (NONE in the other slots), then their weights.
// x [rows, width], ids and weights [rows, topK], rowOf [rows, ranks] (send_plan.wgsl), out [sent, words + 2 * topK]:
// words is width, or, when `packed` is 1, half of it rounded up: two bf16 a word (common/bf16.wgsl).
// include common/bf16.wgsl
struct Sizes { rows: u32, ranks: u32, experts: u32, topK: u32, width: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> rowOf: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<u32>;

const NONE = 0xffffffffu;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = group.x + group.y * 65535u;
  if (token >= sizes.rows) { return; }
  let destination = group.z;
  let row = rowOf[token * sizes.ranks + destination];
  if (row == NONE) { return; }
  let words = select(sizes.width, (sizes.width + 1u) / 2u, sizes.packed == 1u);
  let target0 = row * (words + 2u * sizes.topK);
  for (var word = lane; word < words; word += 64u) {
    var value = 0u;
    if (sizes.packed == 1u) {
      let at = token * sizes.width + 2u * word;
      var odd = 0.0;
      if (2u * word + 1u < sizes.width) { odd = x[at + 1u]; }
      value = packBf16(x[at], odd);
    } else {
      value = bitcast<u32>(x[token * sizes.width + word]);
    }
    out[target0 + word] = value;
  }
  let share = sizes.experts / sizes.ranks;
  for (var slot = lane; slot < sizes.topK; slot += 64u) {
    let id = ids[token * sizes.topK + slot];
    out[target0 + words + slot] = select(NONE, id, id / share == destination);
    out[target0 + words + sizes.topK + slot] = bitcast<u32>(weights[token * sizes.topK + slot]);
  }
}
