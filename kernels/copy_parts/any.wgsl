// Rows of words from up to four places to others: out[toK + r, :] = xK[startK + r, :], for r < rowsK.
// x0 to x3 and out have rows of width words; rows of out that are not named stay as they are.
// include common/each.wgsl
struct Sizes {
  width: u32,
  rows0: u32, start0: u32, to0: u32,
  rows1: u32, start1: u32, to1: u32,
  rows2: u32, start2: u32, to2: u32,
  rows3: u32, start3: u32, to3: u32
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x0: array<u32>;
@group(0) @binding(2) var<storage, read> x1: array<u32>;
@group(0) @binding(3) var<storage, read> x2: array<u32>;
@group(0) @binding(4) var<storage, read> x3: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<u32>;

fn wide() -> u32 { return sizes.width; }
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
