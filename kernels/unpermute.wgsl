// Un-permute what Combine brought back: out[t, :] = sum over ranks of the row that each sent for token t, in rank order.
// returned [sent, width], rowOf [rows, ranks] (send_plan.wgsl), out [rows, width].
struct Sizes { rows: u32, ranks: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> returned: array<f32>;
@group(0) @binding(2) var<storage, read> rowOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const NONE = 0xffffffffu;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = group.x + group.y * 65535u;
  if (token >= sizes.rows) { return; }
  for (var column = lane; column < sizes.width; column += 64u) {
    var sum = 0.0;
    for (var rank = 0u; rank < sizes.ranks; rank++) {
      let row = rowOf[token * sizes.ranks + rank];
      if (row != NONE) { sum += returned[row * sizes.width + column]; }
    }
    out[token * sizes.width + column] = sum;
  }
}
