// Product of each pair's row with the weight of its group: out[p, :] = dOut[p, :] * weight[g]. dOut [pairs, inner],
// offsets [groups + 1], each group's first pair; weight [groups, inner, cols], out [pairs, cols]. A tile of 16 pairs
// and columns of one group a workgroup, a value an invocation: of all groups' tiles, one after the other, the
// group.y-th; there may be fewer.
struct Sizes { pairs: u32, inner: u32, cols: u32, groups: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const NONE = 0xffffffffu;
var<workgroup> xTile: array<f32, 256>;
var<workgroup> yTile: array<f32, 256>;
var<workgroup> place: vec2u; // the tile's group and first pair

fn placeOf(tile: u32) -> vec2u {
  var before = 0u;
  for (var g = 0u; g < sizes.groups; g++) {
    let tiles = (offsets[g + 1u] - offsets[g] + 15u) / 16u;
    if (tile < before + tiles) { return vec2u(g, offsets[g] + (tile - before) * 16u); }
    before += tiles;
  }
  return vec2u(NONE);
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) { place = placeOf(group.y); }
  let own = workgroupUniformLoad(&place);
  if (own.x == NONE) { return; }
  let end = offsets[own.x + 1u];
  let pair = own.y + local.y;
  let col = group.x * 16u + local.x;
  let base = own.x * sizes.inner * sizes.cols;
  var sum = 0.0;
  for (var k0 = 0u; k0 < sizes.inner; k0 += 16u) {
    xTile[lane] = 0.0;
    yTile[lane] = 0.0;
    if (pair < end && k0 + local.x < sizes.inner) { xTile[lane] = dOut[pair * sizes.inner + k0 + local.x]; }
    if (col < sizes.cols && k0 + local.y < sizes.inner) {
      yTile[lane] = weight[base + (k0 + local.y) * sizes.cols + col];
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) { sum += xTile[local.y * 16u + k] * yTile[k * 16u + local.x]; }
    workgroupBarrier();
  }
  if (pair < end && col < sizes.cols) { out[pair * sizes.cols + col] = sum; }
}
