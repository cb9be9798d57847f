// Permute (permute/any.wgsl), four columns at a time: width is a multiple of four, so that all rows are of pairs of
// words. A workgroup a token, which is read once.
// include common/bf16.wgsl
struct Sizes { rows: u32, ranks: u32, experts: u32, topK: u32, width: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> rowOf: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec2u>;

const NONE = 0xffffffffu;
const LANES = 128u;

// Words of what a row has after the activation: ids of the slots, then their weights.
fn slotWord(token: u32, destination: u32, word: u32) -> u32 {
  let share = sizes.experts / sizes.ranks;
  if (word >= sizes.topK) { return bitcast<u32>(weights[token * sizes.topK + word - sizes.topK]); }
  let id = ids[token * sizes.topK + word];
  return select(NONE, id, id / share == destination);
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = group.x + group.y * 65535u;
  if (token >= sizes.rows) { return; }
  let fours = sizes.width / 4u;
  let pairs = select(2u, 1u, sizes.packed == 1u) * fours; // of words, of an activation
  for (var i = lane; i < fours; i += LANES) {
    let four = x[token * fours + i];
    let packed = vec2u(packBf16(four.x, four.y), packBf16(four.z, four.w));
    for (var destination = 0u; destination < sizes.ranks; destination++) {
      let row = rowOf[token * sizes.ranks + destination];
      if (row == NONE) { continue; }
      let first = row * (pairs + sizes.topK);
      if (sizes.packed == 1u) {
        out[first + i] = packed;
      } else {
        out[first + 2u * i] = bitcast<vec2u>(four.xy);
        out[first + 2u * i + 1u] = bitcast<vec2u>(four.zw);
      }
    }
  }
  for (var i = lane; i < sizes.topK * sizes.ranks; i += LANES) {
    let destination = i / sizes.topK;
    let row = rowOf[token * sizes.ranks + destination];
    if (row == NONE) { continue; }
    let word = 2u * (i % sizes.topK);
    out[row * (pairs + sizes.topK) + pairs + i % sizes.topK] =
      vec2u(slotWord(token, destination, word), slotWord(token, destination, word + 1u));
  }
}
