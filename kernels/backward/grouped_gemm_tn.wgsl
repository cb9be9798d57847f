// Gradient of each group's weight: dWeight[g] = sum over its pairs of dOut[p, :]^T x[row of p, :]; 0 where it has none.
// dOut [pairs, rows]; x rows of `stride`, of which the first `cols` are read: that of pairRow[p] when `gather` is 1,
// else the p-th; offsets [groups + 1]; dWeight [groups, rows, cols]. A tile of 16 rows and columns of one group a
// workgroup, a value an invocation, 16 pairs at a time.
struct Sizes { pairs: u32, rows: u32, cols: u32, groups: u32, stride: u32, gather: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> pairRow: array<u32>;
@group(0) @binding(4) var<storage, read> offsets: array<u32>;
@group(0) @binding(5) var<storage, read_write> dWeight: array<f32>;

var<workgroup> dTile: array<f32, 256>;
var<workgroup> xTile: array<f32, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let row0 = group.y * 16u;
  let row = row0 + local.y;
  let col = group.x * 16u + local.x;
  let first = offsets[group.z];
  let end = offsets[group.z + 1u];
  var sum = 0.0;
  for (var p0 = first; p0 < end; p0 += 16u) {
    dTile[lane] = 0.0;
    xTile[lane] = 0.0;
    let pair = p0 + local.y;
    if (pair < end) {
      if (row0 + local.x < sizes.rows) { dTile[lane] = dOut[pair * sizes.rows + row0 + local.x]; }
      if (col < sizes.cols) {
        var source = pair;
        if (sizes.gather == 1u) { source = pairRow[pair]; }
        xTile[lane] = x[source * sizes.stride + col];
      }
    }
    workgroupBarrier();
    for (var p = 0u; p < 16u; p++) { sum += dTile[p * 16u + local.y] * xTile[p * 16u + local.x]; }
    workgroupBarrier();
  }
  if (row < sizes.rows && col < sizes.cols) {
    dWeight[(group.z * sizes.rows + row) * sizes.cols + col] = sum;
  }
}
