// Unpack (unpack_bf16/any.wgsl), four columns at a time: width is a multiple of four, stride of two.
// include common/bf16.wgsl
struct Sizes { rows: u32, width: u32, stride: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.x + group.y * 65535u) * 1024u + lane;
  let fours = sizes.width / 4u;
  let count = sizes.rows * fours;
  for (var each = 0u; each < 4u; each++) {
    let i = first + each * 256u;
    if (i < count) { out[i] = unpackFour(x[i / fours * (sizes.stride / 2u) + i % fours]); }
  }
}
