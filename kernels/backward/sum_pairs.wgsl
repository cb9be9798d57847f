// Of each row the sum of its pairs, in the order of slots. y [pairs, width]; pairOf [rows, topK], NONE in slots
// without a pair; out [rows, width].
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, topK: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> pairOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const NONE = 0xffffffffu;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let row = i / sizes.width;
  var sum = 0.0;
  for (var slot = 0u; slot < sizes.topK; slot++) {
    let pair = pairOf[row * sizes.topK + slot];
    if (pair != NONE) { sum += y[pair * sizes.width + i % sizes.width]; }
  }
  out[i] = sum;
}
