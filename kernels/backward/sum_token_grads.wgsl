// Gradients that came back for tokens (pack_token_grads.wgsl): dX[t] = the sum over ranks of the row that was sent to
// each for token t, in rank order; dWeights[t, slot] from the rank that holds the slot's expert. returned [sent, words +
// topK], rowOf [rows, ranks] (send_plan.wgsl), ids [rows, topK], dX [rows, width], dWeights [rows, topK]. A workgroup a
// token.
// include common/bf16.wgsl
struct Sizes { rows: u32, ranks: u32, experts: u32, topK: u32, width: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> returned: array<u32>;
@group(0) @binding(2) var<storage, read> rowOf: array<u32>;
@group(0) @binding(3) var<storage, read> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;
@group(0) @binding(5) var<storage, read_write> dWeights: array<f32>;

const NONE = 0xffffffffu;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = group.x + group.y * 65535u;
  if (token >= sizes.rows) { return; }
  let words = select(sizes.width, (sizes.width + 1u) / 2u, sizes.packed == 1u);
  let stride = words + sizes.topK;
  for (var c = lane; c < sizes.width; c += 64u) {
    var sum = 0.0;
    for (var rank = 0u; rank < sizes.ranks; rank++) {
      let row = rowOf[token * sizes.ranks + rank];
      if (row == NONE) { continue; }
      if (sizes.packed == 1u) {
        sum += unpackBf16(returned[row * stride + c / 2u], c);
      } else {
        sum += bitcast<f32>(returned[row * stride + c]);
      }
    }
    dX[token * sizes.width + c] = sum;
  }
  let share = sizes.experts / sizes.ranks;
  for (var slot = lane; slot < sizes.topK; slot += 64u) {
    let row = rowOf[token * sizes.ranks + ids[token * sizes.topK + slot] / share];
    dWeights[token * sizes.topK + slot] = bitcast<f32>(returned[row * stride + words + slot]);
  }
}
