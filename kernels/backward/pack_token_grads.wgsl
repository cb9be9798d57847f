// Rows of gradients on their way back to their tokens: of each row dX, then dWeights of its slots. dX [rows, width],
// dWeights [rows, topK], out [rows, words + topK]: words is width or, when `packed` is 1, half of it rounded up: two
// bf16 a word (common/bf16.wgsl).
// include common/bf16.wgsl
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, topK: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dX: array<f32>;
@group(0) @binding(2) var<storage, read> dWeights: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

fn words() -> u32 { return select(sizes.width, (sizes.width + 1u) / 2u, sizes.packed == 1u); }
fn count() -> u32 { return sizes.rows * (words() + sizes.topK); }
fn element(i: u32) {
  let row = i / (words() + sizes.topK);
  let word = i % (words() + sizes.topK);
  if (word >= words()) {
    out[i] = bitcast<u32>(dWeights[row * sizes.topK + word - words()]);
  } else if (sizes.packed == 0u) {
    out[i] = bitcast<u32>(dX[row * sizes.width + word]);
  } else {
    let at = row * sizes.width + 2u * word;
    var odd = 0.0;
    if (2u * word + 1u < sizes.width) { odd = dX[at + 1u]; }
    out[i] = packBf16(dX[at], odd);
  }
}
