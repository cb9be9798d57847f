// How many (row, expert) pairs of what a rank received are each expert's, in each of 64 parts of the rows.
// received as for expert_plan/any.wgsl; counts [experts, 64].
// include common/pairs.wgsl
// include common/count_pairs.wgsl
struct Sizes { rows: u32, stride: u32, at: u32, topK: u32, firstExpert: u32, experts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> received: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

fn slotsAt(row: u32, slot: u32) -> vec4u {
  let four = min(vec4u(slot) + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.topK - 1u));
  let at = vec4u(row * sizes.stride + sizes.at) + four;
  return vec4u(received[at.x], received[at.y], received[at.z], received[at.w]);
}
