// Router balance by a loss a sequence (DeepSeek-V2 and V3): of a row of weight w, w x factor x the sum over experts of
// share[e] x probability[e], where share is experts / pairs x the sequence's pairs of the expert, which has no gradient,
// and probability its score divided by the sum of all. logits [rows, experts]; counts [rows, experts] by
// sequence_counts.wgsl; first and weights [rows]; losses [rows], dLogits as logits. A score is a softmax over all logits
// (scoring 0) or a sigmoid. A workgroup a row; at most 512 experts.
struct Sizes { rows: u32, experts: u32, scoring: u32, factor: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> counts: array<u32>;
@group(0) @binding(3) var<storage, read> first: array<u32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> losses: array<f32>;
@group(0) @binding(6) var<storage, read_write> dLogits: array<f32>;

const LANES = 64u;
var<workgroup> scores: array<f32, 512>;
var<workgroup> parts: array<f32, 64>;

fn total(lane: u32, part: f32) -> f32 {
  parts[lane] = part;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  let sum = parts[0];
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let base = row * sizes.experts;
  let counted = first[row] * sizes.experts;
  var maximum = -3.4e38;
  for (var e = 0u; e < sizes.experts; e++) { maximum = max(maximum, logits[base + e]); }
  var part = 0.0;
  var pairs = 0.0;
  for (var e = lane; e < sizes.experts; e += LANES) {
    let logit = logits[base + e];
    scores[e] = select(1.0 / (1.0 + exp(-logit)), exp(logit - maximum), sizes.scoring == 0u);
    part += scores[e];
    pairs += f32(counts[counted + e]);
  }
  let sum = total(lane, part);
  let share = f32(sizes.experts) / total(lane, pairs);
  part = 0.0;
  for (var e = lane; e < sizes.experts; e += LANES) { part += share * f32(counts[counted + e]) * scores[e] / sum; }
  let loss = total(lane, part);
  let factor = sizes.factor * weights[row];
  for (var e = lane; e < sizes.experts; e += LANES) {
    // Of the score itself; a softmax's is the derivative of its exponential, which is itself.
    let d = factor * (share * f32(counts[counted + e]) - loss) / sum;
    let score = scores[e];
    dLogits[base + e] = d * select(score * (1.0 - score), score, sizes.scoring == 0u);
  }
  if (lane == 0u) { losses[row] = factor * loss; }
}
