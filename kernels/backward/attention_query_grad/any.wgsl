// Gradient of attention's queries: with p the probabilities, dP[s] = dOut . v[s] and o = sum of p dP,
// dQ = scale sum over s of p[s] (dP[s] - o) k[s]. Probabilities are computed anew from the queries (FlashAttention-2,
// Dao, 2023). q [rows, heads * keyDim], k [rows, kvHeads * keyDim], v [rows, kvHeads * valueDim], first [rows]: keys of
// row r are rows first[r] to r; dOut [rows, heads * valueDim]; dQ as q; sums [rows, heads, 2]: the logarithm of the
// softmax's sum, and o. A workgroup a row and head.
struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> first: array<u32>;
@group(0) @binding(5) var<storage, read> dOut: array<f32>;
@group(0) @binding(6) var<storage, read_write> dQ: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;

const LANES = 64u;
const COLUMNS = 8u; // columns of dQ an invocation: keyDim is at most 512
var<workgroup> scores: array<f32, 64>;
var<workgroup> products: array<f32, 64>; // dP

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  let head = group.z;
  if (row >= sizes.rows) { return; }
  let kvHead = head / (sizes.heads / sizes.kvHeads);
  let qBase = (row * sizes.heads + head) * sizes.keyDim;
  let dBase = (row * sizes.heads + head) * sizes.valueDim;
  var maximum = -3.4e38;
  var total = 0.0;
  var dotted = 0.0; // of p and dP
  var ofKeys: array<f32, COLUMNS>; // sum of p k
  var ofProducts: array<f32, COLUMNS>; // sum of p dP k
  for (var s0 = first[row]; s0 <= row; s0 += LANES) {
    let keys = min(LANES, row + 1u - s0);
    var score = -3.4e38;
    var product = 0.0;
    if (lane < keys) {
      let kBase = ((s0 + lane) * sizes.kvHeads + kvHead) * sizes.keyDim;
      var sum = 0.0;
      for (var c = 0u; c < sizes.keyDim; c++) { sum += q[qBase + c] * k[kBase + c]; }
      score = sum * sizes.scale;
      let vBase = ((s0 + lane) * sizes.kvHeads + kvHead) * sizes.valueDim;
      for (var c = 0u; c < sizes.valueDim; c++) { product += dOut[dBase + c] * v[vBase + c]; }
    }
    scores[lane] = score;
    products[lane] = product;
    workgroupBarrier();
    var higher = maximum;
    for (var s = 0u; s < keys; s++) { higher = max(higher, scores[s]); }
    workgroupBarrier();
    scores[lane] = exp(score - higher);
    workgroupBarrier();
    let shrink = exp(maximum - higher);
    total *= shrink;
    dotted *= shrink;
    for (var s = 0u; s < keys; s++) {
      total += scores[s];
      dotted += scores[s] * products[s];
    }
    maximum = higher;
    for (var j = 0u; j < COLUMNS; j++) {
      let column = lane + j * LANES;
      if (column < sizes.keyDim) {
        var own = ofKeys[j] * shrink;
        var weighed = ofProducts[j] * shrink;
        for (var s = 0u; s < keys; s++) {
          let key = scores[s] * k[((s0 + s) * sizes.kvHeads + kvHead) * sizes.keyDim + column];
          own += key;
          weighed += products[s] * key;
        }
        ofKeys[j] = own;
        ofProducts[j] = weighed;
      }
    }
    workgroupBarrier();
  }
  let o = dotted / total;
  for (var j = 0u; j < COLUMNS; j++) {
    let column = lane + j * LANES;
    if (column < sizes.keyDim) {
      dQ[qBase + column] = sizes.scale * (ofProducts[j] - o * ofKeys[j]) / total;
    }
  }
  if (lane == 0u) {
    sums[(row * sizes.heads + head) * 2u] = maximum + log(total);
    sums[(row * sizes.heads + head) * 2u + 1u] = o;
  }
}
