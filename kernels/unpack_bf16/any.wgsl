// What pack_bf16.wgsl or permute/any.wgsl packed, as f32: the first `width` values of each row of `stride` words.
// x [rows, stride], out [rows, width].
// include common/bf16.wgsl
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, stride: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn unpacked(i: u32) -> f32 {
  let column = i % sizes.width;
  let word = x[(i / sizes.width) * sizes.stride + column / 2u];
  return unpackBf16(word, column);
}

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) { out[i] = unpacked(i); }
