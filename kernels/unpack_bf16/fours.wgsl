// Unpack (unpack_bf16/any.wgsl), four columns at a time: width is a multiple of four, stride of two.
// include common/bf16.wgsl
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, stride: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

fn count() -> u32 { return sizes.rows * (sizes.width / 4u); }
fn element(i: u32) {
  let fours = sizes.width / 4u;
  out[i] = unpackFour(x[i / fours * (sizes.stride / 2u) + i % fours]);
}
