// Values for the wire, as bf16: word w of a row holds columns 2w and 2w + 1 (common/bf16.wgsl).
// x [rows, width]; out [rows, half of width rounded up].
// include common/bf16.wgsl
// include common/each.wgsl
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

fn packed(i: u32) -> u32 {
  let words = (sizes.width + 1u) / 2u;
  let column = 2u * (i % words);
  let at = (i / words) * sizes.width + column;
  var odd = 0.0;
  if (column + 1u < sizes.width) { odd = x[at + 1u]; }
  return packBf16(x[at], odd);
}

fn count() -> u32 { return sizes.rows * ((sizes.width + 1u) / 2u); }
fn element(i: u32) { out[i] = packed(i); }
