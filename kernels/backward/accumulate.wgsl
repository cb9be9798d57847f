// Adds x [rows, width] to what begins at element `at` of a sum; where begun[0] is 0, the sum begins with x.
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, at: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> begun: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let before = select(0.0, sum[sizes.at + i], begun[0] != 0.0);
  sum[sizes.at + i] = before + x[i];
}
