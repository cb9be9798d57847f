// Sort what a rank received by expert: a counting sort of its (row, expert) pairs.
// received [rows, stride], whose row has the experts of its slots from column `at` on (permute/any.wgsl, or the
// router's own), each of them once; counts [experts, 64], of pair_counts/; pairRow [pairs], the row of each pair, pairs
// ordered by expert, then by row; pairOf [rows, topK], the pair of each slot, NONE where its expert is not one of this
// rank's; offsets [experts + 1], each expert's first pair. This rank holds `experts` experts, the first of which is
// `firstExpert`.
// include common/pairs.wgsl
// include common/sort_pairs.wgsl
struct Sizes { rows: u32, stride: u32, at: u32, topK: u32, firstExpert: u32, experts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> received: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> pairRow: array<u32>;
@group(0) @binding(4) var<storage, read_write> pairOf: array<u32>;
@group(0) @binding(5) var<storage, read_write> offsets: array<u32>;

fn slotsAt(row: u32, slot: u32) -> vec4u {
  let four = min(vec4u(slot) + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.topK - 1u));
  let at = vec4u(row * sizes.stride + sizes.at) + four;
  return vec4u(received[at.x], received[at.y], received[at.z], received[at.w]);
}
