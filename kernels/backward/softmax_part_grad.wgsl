// Gradient of the sum of softmax_loss.wgsl for the logits of columns `first` and on: weight (softmax - 1 at the target).
// logits and dLogits [rows, width], targets and weights [rows], part [rows, 3] of all columns.
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, first: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> part: array<f32>;
@group(0) @binding(5) var<storage, read_write> dLogits: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let row = i / sizes.width;
  let probability = exp(logits[i] - part[3u * row]) / part[3u * row + 1u];
  let wanted = targets[row] == sizes.first + i % sizes.width;
  dLogits[i] = weights[row] * (probability - select(0.0, 1.0, wanted));
}
