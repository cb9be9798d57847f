// Write keys or values into a cache: cache[own[r], :] = x[r, :]; its other rows stay as they are.
// x [rows, width], own [rows], the cache's row of each token, all different; cache [any, width].
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> own: array<u32>;
@group(0) @binding(3) var<storage, read_write> cache: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * 65535u) * 64u + lane;
  if (i < sizes.rows * sizes.width) { cache[own[i / sizes.width] * sizes.width + i % sizes.width] = x[i]; }
}
