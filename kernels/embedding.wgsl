// Embedding lookup: out[t, :] = table[ids[t], :].
// ids [rows], table [vocabulary, width], out [rows, width].
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let source = ids[row] * sizes.width;
  for (var column = lane; column < sizes.width; column += 64u) {
    out[row * sizes.width + column] = table[source + column];
  }
}
