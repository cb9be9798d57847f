// A weight [rows, width] decays by step[0] x decay, and changes by what begins at element `at` of change
// (adamw_change.wgsl).
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, at: u32, decay: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> change: array<f32>;
@group(0) @binding(2) var<storage, read> step: array<f32>;
@group(0) @binding(3) var<storage, read_write> weight: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) { weight[i] = weight[i] * (1.0 - step[0] * sizes.decay) + change[sizes.at + i]; }
