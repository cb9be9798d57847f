// SwiGLU (Shazeer, 2020): out[r, i] = silu(x[r, i]) * x[r, width + i], with silu(z) = z / (1 + exp(-z)).
// x [rows, 2 * width] holds the gate's projection, then the up projection; out [rows, width].
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn gated(i: u32) -> f32 {
  let row = i / sizes.width;
  let gate = x[i + row * sizes.width];
  let up = x[i + (row + 1u) * sizes.width];
  return gate / (1.0 + exp(-gate)) * up;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.x + group.y * 65535u) * 1024u + lane;
  let count = sizes.rows * sizes.width;
  for (var each = 0u; each < 4u; each++) {
    let i = first + each * 256u;
    if (i < count) { out[i] = gated(i); }
  }
}
