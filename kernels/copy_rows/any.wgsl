// Rows of words from one place to another: out[to + r, :] = x[start + r, :].
// x and out have rows of width words; rows of out that are not named stay as they are.
struct Sizes { rows: u32, width: u32, start: u32, to: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.x + group.y * 65535u) * 1024u + lane;
  let count = sizes.rows * sizes.width;
  for (var each = 0u; each < 4u; each++) {
    let i = first + each * 256u;
    if (i < count) { out[sizes.to * sizes.width + i] = x[sizes.start * sizes.width + i]; }
  }
}
