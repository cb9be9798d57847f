// Cross-entropy of each row, and the gradient of the rows' sum: losses[r] = -weight log softmax(logits[r])[target],
// dLogits = weight (softmax - 1 at the target). logits and dLogits [rows, width]; targets and weights [rows], weight 0
// where a row has no target; losses [rows]. A workgroup a row.
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> dLogits: array<f32>;

const LANES = 256u;
var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let base = row * sizes.width;
  var highest = -3.4e38;
  for (var c = lane; c < sizes.width; c += LANES) { highest = max(highest, logits[base + c]); }
  parts[lane] = highest;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] = max(parts[lane], parts[lane + half]); }
  }
  workgroupBarrier();
  highest = parts[0];
  workgroupBarrier();
  var sum = 0.0;
  for (var c = lane; c < sizes.width; c += LANES) { sum += exp(logits[base + c] - highest); }
  parts[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  let logarithm = highest + log(parts[0]);
  let weight = weights[row];
  let wanted = targets[row];
  for (var c = lane; c < sizes.width; c += LANES) {
    let probability = exp(logits[base + c] - logarithm);
    dLogits[base + c] = weight * (probability - select(0.0, 1.0, c == wanted));
  }
  if (lane == 0u) { losses[row] = select(0.0, weight * (logarithm - logits[base + wanted]), weight != 0.0); }
}
