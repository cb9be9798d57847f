// The sum of what ranks have of the same weights: of `parts` parts, one a rank, those of the ranks that share with this
// one, `share` in a row, in rank order. x [parts, rows, width], out [rows, width].
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, parts: u32, share: u32, rank: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let first = sizes.rank / sizes.share * sizes.share;
  var sum = 0.0;
  for (var part = first; part < first + sizes.share; part++) { sum += x[part * count() + i]; }
  out[i] = sum;
}
