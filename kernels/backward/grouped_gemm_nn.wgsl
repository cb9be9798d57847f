// Product of each pair's row with the weight of its group: out[p, :] = dOut[p, :] * weight[g]. dOut [pairs, inner],
// offsets [groups + 1], each group's first pair; weight [groups, inner, cols], out [pairs, cols]. A tile of 16 pairs
// and columns of one group a workgroup, a value an invocation: of all groups' tiles, one after the other, the
// group.y-th; there may be fewer. Nothing is shared: a processor waits long at barriers.
struct Sizes { pairs: u32, inner: u32, cols: u32, groups: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let col = group.x * 16u + local.x;
  // The tile's group, and its place among that group's tiles.
  var own = 0u;
  var tile = group.y;
  for (; own < sizes.groups; own++) {
    let tiles = (offsets[own + 1u] - offsets[own] + 15u) / 16u;
    if (tile < tiles) { break; }
    tile -= tiles;
  }
  if (own == sizes.groups || col >= sizes.cols) { return; }
  let pair = offsets[own] + tile * 16u + local.y;
  if (pair >= offsets[own + 1u]) { return; }
  let base = own * sizes.inner * sizes.cols + col;
  var sum = 0.0;
  for (var k = 0u; k < sizes.inner; k++) { sum += dOut[pair * sizes.inner + k] * weight[base + k * sizes.cols]; }
  out[pair * sizes.cols + col] = sum;
}
