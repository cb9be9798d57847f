// Gradient of each group's weight: dWeight[g] = sum over its pairs of dOut[p, :]^T x[row of p, :]; 0 where it has none.
// dOut [pairs, rows]; x rows of `stride`, of which the first `cols` are read: that of pairRow[p] when `gather` is 1,
// else the p-th; offsets [groups + 1]; dWeight [parts, groups, rows, cols], the sums of so many parts of each group's
// pairs. A tile of 16 rows and columns of one group a workgroup, a value an invocation. Nothing is shared: a processor
// waits long at barriers.
struct Sizes { pairs: u32, rows: u32, cols: u32, groups: u32, stride: u32, gather: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> pairRow: array<u32>;
@group(0) @binding(4) var<storage, read> offsets: array<u32>;
@group(0) @binding(5) var<storage, read_write> dWeight: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y * 16u + local.y;
  let col = group.x * 16u + local.x;
  if (row >= sizes.rows || col >= sizes.cols) { return; }
  let first = offsets[group.z % sizes.groups];
  let count = offsets[group.z % sizes.groups + 1u] - first;
  let share = (count + sizes.parts - 1u) / sizes.parts;
  let part = group.z / sizes.groups;
  var sum = 0.0;
  for (var pair = first + min(count, part * share); pair < first + min(count, (part + 1u) * share); pair++) {
    var source = pair;
    if (sizes.gather == 1u) { source = pairRow[pair]; }
    sum += dOut[pair * sizes.rows + row] * x[source * sizes.stride + col];
  }
  dWeight[(group.z * sizes.rows + row) * sizes.cols + col] = sum;
}
