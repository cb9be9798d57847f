// Cross-entropy of each row by its softmax's parts, joined (join_softmax.wgsl): losses[r] = weight x (highest + log sum -
// logit of the target). part [rows, 3], weights and losses [rows].
// include common/each.wgsl
struct Sizes { rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> part: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;

fn count() -> u32 { return sizes.rows; }
fn element(row: u32) {
  let at = 3u * row;
  losses[row] = weights[row] * (part[at] + log(part[at + 1u]) - part[at + 2u]);
}
