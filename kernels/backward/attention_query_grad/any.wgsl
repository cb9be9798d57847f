// Gradient of attention's queries: with p = exp(scale q[r] . k[s] - logarithm of the sum) and o the other of the row's
// sums (attention_sums/any.wgsl), dQ[r] = scale sum over s of p (dOut[r] . v[s] - o) k[s]. q [rows, heads * keyDim],
// k [rows, kvHeads * keyDim], v [rows, kvHeads * valueDim], first [rows]: keys of row r are rows first[r] to r;
// dOut [rows, heads * valueDim], sums [rows, heads, 2]; dQ as q. A workgroup a row and head: 64 keys at a time, one an
// invocation, then 64 columns.
struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> first: array<u32>;
@group(0) @binding(5) var<storage, read> dOut: array<f32>;
@group(0) @binding(6) var<storage, read> sums: array<f32>;
@group(0) @binding(7) var<storage, read_write> dQ: array<f32>;

const LANES = 64u;
const COLUMNS = 8u; // columns of dQ an invocation: keyDim is at most 512
var<workgroup> dScores: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  let head = group.z;
  if (row >= sizes.rows) { return; }
  let kvHead = head / (sizes.heads / sizes.kvHeads);
  let qBase = (row * sizes.heads + head) * sizes.keyDim;
  let dBase = (row * sizes.heads + head) * sizes.valueDim;
  let logarithm = sums[(row * sizes.heads + head) * 2u];
  let o = sums[(row * sizes.heads + head) * 2u + 1u];
  var gradient: array<f32, COLUMNS>;
  for (var s0 = first[row]; s0 <= row; s0 += LANES) {
    let keys = min(LANES, row + 1u - s0);
    var d = 0.0;
    if (lane < keys) {
      let kBase = ((s0 + lane) * sizes.kvHeads + kvHead) * sizes.keyDim;
      var score = 0.0;
      for (var c = 0u; c < sizes.keyDim; c++) { score += q[qBase + c] * k[kBase + c]; }
      let vBase = ((s0 + lane) * sizes.kvHeads + kvHead) * sizes.valueDim;
      var product = 0.0;
      for (var c = 0u; c < sizes.valueDim; c++) { product += dOut[dBase + c] * v[vBase + c]; }
      d = sizes.scale * exp(score * sizes.scale - logarithm) * (product - o);
    }
    dScores[lane] = d;
    workgroupBarrier();
    for (var j = 0u; j < COLUMNS; j++) {
      let column = lane + j * LANES;
      if (column < sizes.keyDim) {
        for (var s = 0u; s < keys; s++) {
          gradient[j] += dScores[s] * k[((s0 + s) * sizes.kvHeads + kvHead) * sizes.keyDim + column];
        }
      }
    }
    workgroupBarrier();
  }
  for (var j = 0u; j < COLUMNS; j++) {
    let column = lane + j * LANES;
    if (column < sizes.keyDim) { dQ[qBase + column] = gradient[j]; }
  }
}
