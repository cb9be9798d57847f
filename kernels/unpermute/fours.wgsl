// Un-permute (unpermute/any.wgsl), four columns at a time: width is a multiple of four.
// include common/bf16.wgsl
struct Sizes { rows: u32, ranks: u32, width: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> returned: array<vec2u>;
@group(0) @binding(2) var<storage, read> rowOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

const NONE = 0xffffffffu;
const LANES = 128u;

fn fourAt(row: u32, i: u32) -> vec4f {
  let fours = sizes.width / 4u;
  if (sizes.packed == 1u) { return unpackFour(returned[row * fours + i]); }
  let at = 2u * (row * fours + i);
  return vec4f(bitcast<vec2f>(returned[at]), bitcast<vec2f>(returned[at + 1u]));
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = group.x + group.y * 65535u;
  if (token >= sizes.rows) { return; }
  let fours = sizes.width / 4u;
  for (var i = lane; i < fours; i += LANES) {
    var sum = vec4f();
    for (var rank = 0u; rank < sizes.ranks; rank++) {
      let row = rowOf[token * sizes.ranks + rank];
      if (row != NONE) { sum += fourAt(row, i); }
    }
    out[token * fours + i] = sum;
  }
}
