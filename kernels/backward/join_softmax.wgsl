// Two parts of a softmax (softmax_part.wgsl) are one: a, b and out [rows, 3].
// include common/each.wgsl
struct Sizes { rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn count() -> u32 { return sizes.rows; }
fn element(row: u32) {
  let at = 3u * row;
  let highest = max(a[at], b[at]);
  out[at] = highest;
  out[at + 1u] = a[at + 1u] * exp(a[at] - highest) + b[at + 1u] * exp(b[at] - highest);
  out[at + 2u] = a[at + 2u] + b[at + 2u];
}
