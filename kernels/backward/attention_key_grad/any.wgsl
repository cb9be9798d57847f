// Gradients of attention's keys and values: over the rows r that see key s, and the heads that share it, with p =
// exp(scale q[r] . k[s] - logarithm of the sum): dV[s] += p dOut[r], dK[s] += scale p (dOut[r] . v[s] - o[r]) q[r].
// Operands as in attention_query_grad/any.wgsl, whose sums these are; dK and dV as k and v. A workgroup a key and head of
// keys: 64 rows at a time, one an invocation, then 64 columns.
struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> first: array<u32>;
@group(0) @binding(5) var<storage, read> dOut: array<f32>;
@group(0) @binding(6) var<storage, read> sums: array<f32>;
@group(0) @binding(7) var<storage, read_write> dK: array<f32>;
@group(0) @binding(8) var<storage, read_write> dV: array<f32>;

const LANES = 64u;
const COLUMNS = 8u; // of keys and of values an invocation: both are at most 512
var<workgroup> probabilities: array<f32, 64>;
var<workgroup> dScores: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let key = group.x + group.y * 65535u;
  let kvHead = group.z;
  if (key >= sizes.rows) { return; }
  let share = sizes.heads / sizes.kvHeads;
  let kBase = (key * sizes.kvHeads + kvHead) * sizes.keyDim;
  let vBase = (key * sizes.kvHeads + kvHead) * sizes.valueDim;
  var ofKey: array<f32, COLUMNS>;
  var ofValue: array<f32, COLUMNS>;
  for (var head = kvHead * share; head < (kvHead + 1u) * share; head++) {
    for (var r0 = key; r0 < sizes.rows; r0 += LANES) {
      let rows = min(LANES, sizes.rows - r0);
      let row = r0 + lane;
      var p = 0.0;
      var d = 0.0;
      if (lane < rows && first[min(row, sizes.rows - 1u)] <= key) {
        let qBase = (row * sizes.heads + head) * sizes.keyDim;
        var score = 0.0;
        for (var c = 0u; c < sizes.keyDim; c++) { score += q[qBase + c] * k[kBase + c]; }
        let dBase = (row * sizes.heads + head) * sizes.valueDim;
        var product = 0.0;
        for (var c = 0u; c < sizes.valueDim; c++) { product += dOut[dBase + c] * v[vBase + c]; }
        let sum = (row * sizes.heads + head) * 2u;
        p = exp(score * sizes.scale - sums[sum]);
        d = sizes.scale * p * (product - sums[sum + 1u]);
      }
      probabilities[lane] = p;
      dScores[lane] = d;
      workgroupBarrier();
      for (var j = 0u; j < COLUMNS; j++) {
        let column = lane + j * LANES;
        if (column < sizes.keyDim) {
          for (var r = 0u; r < rows; r++) {
            ofKey[j] += dScores[r] * q[((r0 + r) * sizes.heads + head) * sizes.keyDim + column];
          }
        }
        if (column < sizes.valueDim) {
          for (var r = 0u; r < rows; r++) {
            ofValue[j] += probabilities[r] * dOut[((r0 + r) * sizes.heads + head) * sizes.valueDim + column];
          }
        }
      }
      workgroupBarrier();
    }
  }
  for (var j = 0u; j < COLUMNS; j++) {
    let column = lane + j * LANES;
    if (column < sizes.keyDim) { dK[kBase + column] = ofKey[j]; }
    if (column < sizes.valueDim) { dV[vBase + column] = ofValue[j]; }
  }
}
