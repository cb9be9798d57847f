// What an all-reduce adds up: out[r, :] = sum over parts of x[part * rows + r, :], in the order of the parts, so that
// every rank gets the same bits. x [parts * rows, width], or, when `packed` is 1, two bf16 a word (common/bf16.wgsl);
// out [rows, width].
// include common/bf16.wgsl
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, parts: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn summed(i: u32) -> f32 {
  let row = i / sizes.width;
  let column = i % sizes.width;
  var sum = 0.0;
  for (var part = 0u; part < sizes.parts; part++) {
    if (sizes.packed == 0u) {
      sum += bitcast<f32>(x[(part * sizes.rows + row) * sizes.width + column]);
    } else {
      let word = x[(part * sizes.rows + row) * ((sizes.width + 1u) / 2u) + column / 2u];
      sum += unpackBf16(word, column);
    }
  }
  return sum;
}

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) { out[i] = summed(i); }
