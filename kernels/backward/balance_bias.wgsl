// Router balance without a loss (Wang et al., 2024; DeepSeek-V3): of an expert with more tokens than the mean the bias
// falls by `rate`, of one with fewer it rises. counts begin at element `at`; bias [experts]. One workgroup.
struct Sizes { experts: u32, at: u32, rate: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> counts: array<f32>;
@group(0) @binding(2) var<storage, read_write> bias: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  var total = 0.0;
  for (var e = 0u; e < sizes.experts; e++) { total += counts[sizes.at + e]; }
  let mean = total / f32(sizes.experts);
  for (var e = lane; e < sizes.experts; e += 64u) { bias[e] += sizes.rate * sign(mean - counts[sizes.at + e]); }
}
