// Gradient of the router's logits through the scores of the experts chosen: the choice itself has none. Of a chosen
// expert weight = scale score, divided by the sum of the chosen scores when `normalise` is 1; score is a softmax over
// all logits (scoring 0) or a sigmoid (1 and 2, whose bias only chooses). logits [rows, experts]; ids and dWeights
// [rows, topK]; dLogits [rows, experts]. A workgroup a row; at most 512 experts.
struct Sizes { rows: u32, experts: u32, topK: u32, scoring: u32, normalise: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> dWeights: array<f32>;
@group(0) @binding(4) var<storage, read_write> dLogits: array<f32>;

var<workgroup> scores: array<f32, 512>;
var<workgroup> dScores: array<f32, 512>;
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
  var maximum = -3.4e38;
  for (var e = 0u; e < sizes.experts; e++) { maximum = max(maximum, logits[base + e]); }
  var part = 0.0;
  for (var e = lane; e < sizes.experts; e += 64u) { part += exp(logits[base + e] - maximum); }
  let sum = total(lane, part);
  for (var e = lane; e < sizes.experts; e += 64u) {
    let logit = logits[base + e];
    scores[e] = select(1.0 / (1.0 + exp(-logit)), exp(logit - maximum) / sum, sizes.scoring == 0u);
    dScores[e] = 0.0;
  }
  workgroupBarrier();
  if (lane == 0u) {
    var chosen = 0.0;
    var dot = 0.0;
    for (var slot = 0u; slot < sizes.topK; slot++) {
      let e = ids[row * sizes.topK + slot];
      chosen += scores[e];
      dot += dWeights[row * sizes.topK + slot] * scores[e];
    }
    for (var slot = 0u; slot < sizes.topK; slot++) {
      let d = dWeights[row * sizes.topK + slot];
      let own = select(d, (d - dot / chosen) / chosen, sizes.normalise == 1u);
      dScores[ids[row * sizes.topK + slot]] = own * sizes.scale;
    }
  }
  workgroupBarrier();
  var mean = 0.0;
  if (sizes.scoring == 0u) {
    for (var e = lane; e < sizes.experts; e += 64u) { mean += dScores[e] * scores[e]; }
  }
  mean = total(lane, mean);
  for (var e = lane; e < sizes.experts; e += 64u) {
    let score = scores[e];
    dLogits[base + e] = select(dScores[e] * score * (1.0 - score), score * (dScores[e] - mean), sizes.scoring == 0u);
  }
}
