// Rows times a factor each: out[r, :] = factor[r] * x[r, :].
// x and out [rows, width], factor [rows].
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.x + group.y * 65535u) * 1024u + lane;
  let count = sizes.rows * sizes.width;
  for (var each = 0u; each < 4u; each++) {
    let i = first + each * 256u;
    if (i < count) { out[i] = factor[i / sizes.width] * x[i]; }
  }
}
