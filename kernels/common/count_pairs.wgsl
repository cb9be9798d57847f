// How many pairs each expert has in each part of the rows (common/pairs.wgsl): of kernels that bring `counts`.
var<workgroup> found: array<atomic<u32>, MOST_EXPERTS>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  for (var e = lane; e < sizes.experts; e += LANES) { atomicStore(&found[e], 0u); }
  workgroupBarrier();
  let rows = rowsOf(group.x);
  for (var row = rows.x + lane; row < rows.y; row += LANES) {
    for (var slot = 0u; slot < sizes.topK; slot += 4u) {
      let experts = expertsAt(row, slot);
      for (var i = 0u; i < 4u; i++) {
        if (experts[i] != NONE) { atomicAdd(&found[experts[i]], 1u); }
      }
    }
  }
  workgroupBarrier();
  for (var e = lane; e < sizes.experts; e += LANES) { counts[e * PARTS + group.x] = atomicLoad(&found[e]); }
}
