// In the row that a sequence begins with, how many of its (token, expert) pairs are of each expert; 0 in its other rows.
// ids [rows, topK]; first [rows]: the row that a row's sequence begins with; counts [rows, experts]. A workgroup a row;
// at most 512 experts.
struct Sizes { rows: u32, experts: u32, topK: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> first: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;

const LANES = 64u;
var<workgroup> found: array<atomic<u32>, 512>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let begin = group.x + group.y * 65535u;
  if (begin >= sizes.rows) { return; }
  for (var e = lane; e < sizes.experts; e += LANES) { atomicStore(&found[e], 0u); }
  workgroupBarrier();
  if (first[begin] == begin) {
    for (var row = begin + lane; row < sizes.rows; row += LANES) {
      if (first[row] != begin) { break; }
      for (var slot = 0u; slot < sizes.topK; slot++) { atomicAdd(&found[ids[row * sizes.topK + slot]], 1u); }
    }
  }
  workgroupBarrier();
  for (var e = lane; e < sizes.experts; e += LANES) {
    counts[begin * sizes.experts + e] = atomicLoad(&found[e]);
  }
}
