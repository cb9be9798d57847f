// The same as copy_parts/any.wgsl, four words at a time: width is a multiple of four.
// include common/each.wgsl
struct Sizes {
  width: u32,
  rows0: u32, start0: u32, to0: u32,
  rows1: u32, start1: u32, to1: u32,
  rows2: u32, start2: u32, to2: u32,
  rows3: u32, start3: u32, to3: u32
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x0: array<vec4u>;
@group(0) @binding(2) var<storage, read> x1: array<vec4u>;
@group(0) @binding(3) var<storage, read> x2: array<vec4u>;
@group(0) @binding(4) var<storage, read> x3: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4u>;

fn wide() -> u32 { return sizes.width / 4u; }
fn count() -> u32 { return (sizes.rows0 + sizes.rows1 + sizes.rows2 + sizes.rows3) * wide(); }
fn element(i: u32) {
  let width = wide();
  var left = i;
  if (left < sizes.rows0 * width) {
    out[sizes.to0 * width + left] = x0[sizes.start0 * width + left];
    return;
  }
  left -= sizes.rows0 * width;
  if (left < sizes.rows1 * width) {
    out[sizes.to1 * width + left] = x1[sizes.start1 * width + left];
    return;
  }
  left -= sizes.rows1 * width;
  if (left < sizes.rows2 * width) {
    out[sizes.to2 * width + left] = x2[sizes.start2 * width + left];
    return;
  }
  left -= sizes.rows2 * width;
  out[sizes.to3 * width + left] = x3[sizes.start3 * width + left];
}
