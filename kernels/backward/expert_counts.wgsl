// How many of the (token, expert) pairs ids [rows, topK] are of each expert: counts [experts]. A workgroup an expert.
struct Sizes { rows: u32, experts: u32, topK: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<f32>;

const LANES = 256u;
var<workgroup> found: atomic<u32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) { atomicStore(&found, 0u); }
  workgroupBarrier();
  var own = 0u;
  for (var i = lane; i < sizes.rows * sizes.topK; i += LANES) { own += select(0u, 1u, ids[i] == group.x); }
  atomicAdd(&found, own);
  workgroupBarrier();
  if (lane == 0u) { counts[group.x] = f32(atomicLoad(&found)); }
}
