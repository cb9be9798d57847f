// The same as pair_counts/any.wgsl, four slots at a time: stride and at are multiples of four.
// include common/pairs.wgsl
// include common/count_pairs.wgsl
struct Sizes { rows: u32, stride: u32, at: u32, topK: u32, firstExpert: u32, experts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> received: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

fn slotsAt(row: u32, slot: u32) -> vec4u { return received[(row * sizes.stride + sizes.at + slot) / 4u]; }
