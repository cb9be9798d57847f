// Sort what a rank received by expert: a counting sort of its (row, expert) pairs.
// received [rows, stride], whose row has the experts of its slots from column `at` on (permute.wgsl, or the router's
// own); pairRow [pairs], the row of each pair, pairs ordered by expert, then by row; pairOf [rows, topK], the pair of
// each slot, NONE where its expert is not one of this rank's; offsets [experts + 1], each expert's first pair.
// This rank holds `experts` experts, the first of which is `firstExpert`. A workgroup an expert.
struct Sizes { rows: u32, stride: u32, at: u32, topK: u32, firstExpert: u32, experts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> received: array<u32>;
@group(0) @binding(2) var<storage, read_write> pairRow: array<u32>;
@group(0) @binding(3) var<storage, read_write> pairOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> offsets: array<u32>;

const NONE = 0xffffffffu;
const LANES = 256u;
var<workgroup> placed: array<u32, 256>; // pairs of this expert in each invocation's slots
var<workgroup> before: atomic<u32>; // pairs of the experts before this one

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let expert = sizes.firstExpert + group.x;
  let endExpert = sizes.firstExpert + sizes.experts;
  let slots = sizes.rows * sizes.topK;
  if (lane == 0u) { atomicStore(&before, 0u); }
  workgroupBarrier();

  // An invocation takes slots that follow one another, so that an expert's pairs keep the order of rows.
  let chunk = (slots + LANES - 1u) / LANES;
  let first = min(lane * chunk, slots);
  let end = min(first + chunk, slots);
  var here = 0u;
  var earlier = 0u;
  for (var i = first; i < end; i++) {
    let id = received[(i / sizes.topK) * sizes.stride + sizes.at + i % sizes.topK];
    if (id == expert) { here++; }
    if (id >= sizes.firstExpert && id < expert) { earlier++; }
    if (group.x == 0u && (id < sizes.firstExpert || id >= endExpert)) { pairOf[i] = NONE; }
  }
  placed[lane] = here;
  atomicAdd(&before, earlier);
  workgroupBarrier();

  var pair = atomicLoad(&before);
  for (var i = 0u; i < lane; i++) { pair += placed[i]; }
  for (var i = first; i < end; i++) {
    if (received[(i / sizes.topK) * sizes.stride + sizes.at + i % sizes.topK] == expert) {
      pairRow[pair] = i / sizes.topK;
      pairOf[i] = pair;
      pair++;
    }
  }
  if (lane == 0u) { offsets[group.x] = atomicLoad(&before); }
  if (lane == LANES - 1u && group.x == sizes.experts - 1u) { offsets[sizes.experts] = pair; }
}
