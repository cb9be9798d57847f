// Rows times a factor each: out[r, :] = factor[r] * x[r, :].
// x and out [rows, width], factor [rows].
// include common/each.wgsl
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) { out[i] = factor[i / sizes.width] * x[i]; }
