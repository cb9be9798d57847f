// Of logits [rows, width], columns `first` and on of a vocabulary: part [rows, 3] of each row are the highest, the sum of
// exp(logit - highest), and the logit of the row's target, 0 where that is another column's. A workgroup a row.
struct Sizes { rows: u32, width: u32, first: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> part: array<f32>;

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
  if (lane > 0u) { return; }
  part[3u * row] = highest;
  part[3u * row + 1u] = parts[0];
  let column = targets[row] - sizes.first;
  part[3u * row + 2u] = 0.0;
  if (column < sizes.width) { part[3u * row + 2u] = logits[base + column]; }
}
