// Un-permute what Combine brought back: out[t, :] = sum over ranks of the row that each sent for token t, in rank
// order. returned [sent, width], or [sent, half of it rounded up] with two bf16 a word when `packed` is 1; rowOf [rows,
// ranks] (send_plan.wgsl), out [rows, width].
// include common/bf16.wgsl
struct Sizes { rows: u32, ranks: u32, width: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> returned: array<u32>;
@group(0) @binding(2) var<storage, read> rowOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const NONE = 0xffffffffu;

fn valueAt(row: u32, column: u32) -> f32 {
  if (sizes.packed == 0u) { return bitcast<f32>(returned[row * sizes.width + column]); }
  let word = returned[row * ((sizes.width + 1u) / 2u) + column / 2u];
  return unpackBf16(word, column);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = group.x + group.y * 65535u;
  if (token >= sizes.rows) { return; }
  for (var column = lane; column < sizes.width; column += 64u) {
    var sum = 0.0;
    for (var rank = 0u; rank < sizes.ranks; rank++) {
      let row = rowOf[token * sizes.ranks + rank];
      if (row != NONE) { sum += valueAt(row, column); }
    }
    out[token * sizes.width + column] = sum;
  }
}
