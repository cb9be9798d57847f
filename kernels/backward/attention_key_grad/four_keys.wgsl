// As any.wgsl, four keys of a head of keys a workgroup: each query and gradient that is read is multiplied with all
// four. Keys are the components of vectors; keyDim and valueDim are at most 256.
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
const COLUMNS = 4u; // of keys and of values an invocation
var<workgroup> keys: array<vec4f, 256>; // by column
var<workgroup> values: array<vec4f, 256>;
var<workgroup> probabilities: array<vec4f, 64>; // by row
var<workgroup> dScores: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let key0 = (group.x + group.y * 65535u) * 4u;
  let kvHead = group.z;
  if (key0 >= sizes.rows) { return; }
  let share = sizes.heads / sizes.kvHeads;
  // Keys beyond the last do what is the last's, and write nothing.
  let own = min(vec4u(key0) + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.rows - 1u));
  let kAt = (own * sizes.kvHeads + kvHead) * sizes.keyDim;
  for (var c = lane; c < sizes.keyDim; c += LANES) {
    keys[c] = vec4f(k[kAt.x + c], k[kAt.y + c], k[kAt.z + c], k[kAt.w + c]);
  }
  let vAt = (own * sizes.kvHeads + kvHead) * sizes.valueDim;
  for (var c = lane; c < sizes.valueDim; c += LANES) {
    values[c] = vec4f(v[vAt.x + c], v[vAt.y + c], v[vAt.z + c], v[vAt.w + c]);
  }
  workgroupBarrier();
  var ofKey: array<vec4f, COLUMNS>;
  var ofValue: array<vec4f, COLUMNS>;
  for (var head = kvHead * share; head < (kvHead + 1u) * share; head++) {
    for (var r0 = key0; r0 < sizes.rows; r0 += LANES) {
      // Rows of later sequences see none of these.
      if (first[r0] > own.w) { break; }
      let rows = min(LANES, sizes.rows - r0);
      let row = r0 + lane;
      var p = vec4f();
      var d = vec4f();
      if (lane < rows && first[min(row, sizes.rows - 1u)] <= own.w) {
        let seen = (own >= vec4u(first[row])) & (own <= vec4u(row));
        let qBase = (row * sizes.heads + head) * sizes.keyDim;
        var score = vec4f();
        for (var c = 0u; c < sizes.keyDim; c++) { score += q[qBase + c] * keys[c]; }
        let dBase = (row * sizes.heads + head) * sizes.valueDim;
        var product = vec4f();
        for (var c = 0u; c < sizes.valueDim; c++) { product += dOut[dBase + c] * values[c]; }
        let sum = (row * sizes.heads + head) * 2u;
        p = select(vec4f(), exp(score * sizes.scale - sums[sum]), seen);
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
  for (var i = 0u; i < 4u; i++) {
    if (key0 + i >= sizes.rows) { break; }
    for (var j = 0u; j < COLUMNS; j++) {
      let column = lane + j * LANES;
      if (column < sizes.keyDim) { dK[kAt[i] + column] = ofKey[j][i]; }
      if (column < sizes.valueDim) { dV[vAt[i] + column] = ofValue[j][i]; }
    }
  }
}
