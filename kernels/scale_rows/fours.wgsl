// Rows times a factor each: out[r, :] = factor[r] * x[r, :], four columns at a time: width is a multiple of four.
// x and out [rows, width], factor [rows].
// include common/each.wgsl
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

fn count() -> u32 { return sizes.rows * (sizes.width / 4u); }
fn element(i: u32) {
  let width = sizes.width / 4u;
  out[i] = factor[i / width] * x[i];
}
