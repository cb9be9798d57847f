// Rows of words from one place to another: out[to + r, :] = x[start + r, :].
// x and out have rows of width words; rows of out that are not named stay as they are. Four words at a time: width is
// a multiple of four.
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, start: u32, to: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4u>;

fn count() -> u32 { return sizes.rows * (sizes.width / 4u); }
fn element(i: u32) {
  let width = sizes.width / 4u;
  out[sizes.to * width + i] = x[sizes.start * width + i];
}
