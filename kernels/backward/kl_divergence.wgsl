// Divergence of each row's student from its teacher, and the gradient of the rows' sum with respect to the student:
// losses[r] = weight sum of t (log t - log s), with t and s the softmax of teacher and student; dStudent = weight
// (s - t). student, teacher and dStudent [rows, width]; weights and losses [rows]. A workgroup a row.
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> student: array<f32>;
@group(0) @binding(2) var<storage, read> teacher: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> dStudent: array<f32>;

const LANES = 256u;
var<workgroup> parts: array<vec2f, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let base = row * sizes.width;
  // Student, teacher.
  var highest = vec2f(-3.4e38);
  for (var c = lane; c < sizes.width; c += LANES) {
    highest = max(highest, vec2f(student[base + c], teacher[base + c]));
  }
  parts[lane] = highest;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] = max(parts[lane], parts[lane + half]); }
  }
  workgroupBarrier();
  highest = parts[0];
  workgroupBarrier();
  var sum = vec2f();
  for (var c = lane; c < sizes.width; c += LANES) {
    sum += exp(vec2f(student[base + c], teacher[base + c]) - highest);
  }
  parts[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  let logarithms = highest + log(parts[0]);
  workgroupBarrier();
  let weight = weights[row];
  var loss = 0.0;
  for (var c = lane; c < sizes.width; c += LANES) {
    let logs = vec2f(student[base + c], teacher[base + c]) - logarithms;
    let t = exp(logs.y);
    loss += t * (logs.y - logs.x);
    dStudent[base + c] = weight * (exp(logs.x) - t);
  }
  parts[lane] = vec2f(loss, 0.0);
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  if (lane == 0u) { losses[row] = weight * parts[0].x; }
}
