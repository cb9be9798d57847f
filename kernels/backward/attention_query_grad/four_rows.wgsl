// As any.wgsl, four rows of a head a workgroup: each key and value that is read is multiplied with all four. Rows are
// the components of vectors; keyDim and valueDim are at most 256.
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
const COLUMNS = 4u; // columns of dQ an invocation
const LEAST = -3.4e38;
var<workgroup> queries: array<vec4f, 256>; // by column
var<workgroup> gradients: array<vec4f, 256>; // of the output, by column
var<workgroup> scores: array<vec4f, 64>; // by key
var<workgroup> products: array<vec4f, 64>; // dP

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row0 = (group.x + group.y * 65535u) * 4u;
  let head = group.z;
  if (row0 >= sizes.rows) { return; }
  let kvHead = head / (sizes.heads / sizes.kvHeads);
  // Rows beyond the last do what is the last's, and write nothing.
  let rows = min(vec4u(row0) + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.rows - 1u));
  let qAt = (rows * sizes.heads + head) * sizes.keyDim;
  for (var c = lane; c < sizes.keyDim; c += LANES) {
    queries[c] = vec4f(q[qAt.x + c], q[qAt.y + c], q[qAt.z + c], q[qAt.w + c]);
  }
  let dAt = (rows * sizes.heads + head) * sizes.valueDim;
  for (var c = lane; c < sizes.valueDim; c += LANES) {
    gradients[c] = vec4f(dOut[dAt.x + c], dOut[dAt.y + c], dOut[dAt.z + c], dOut[dAt.w + c]);
  }
  let firsts = vec4u(first[rows.x], first[rows.y], first[rows.z], first[rows.w]);
  let begin = min(min(firsts.x, firsts.y), min(firsts.z, firsts.w));
  workgroupBarrier();
  var maximum = vec4f(LEAST);
  var total = vec4f();
  var dotted = vec4f(); // of p and dP
  var ofKeys: array<vec4f, COLUMNS>; // sum of p k
  var ofProducts: array<vec4f, COLUMNS>; // sum of p dP k
  for (var s0 = begin; s0 <= rows.w; s0 += LANES) {
    let keys = min(LANES, rows.w + 1u - s0);
    let key = s0 + lane;
    var score = vec4f(LEAST);
    var product = vec4f();
    let seen = (vec4u(key) >= firsts) & (vec4u(key) <= rows);
    if (any(seen)) {
      let kBase = (key * sizes.kvHeads + kvHead) * sizes.keyDim;
      var sum = vec4f();
      for (var c = 0u; c < sizes.keyDim; c++) { sum += queries[c] * k[kBase + c]; }
      score = select(score, sum * sizes.scale, seen);
      let vBase = (key * sizes.kvHeads + kvHead) * sizes.valueDim;
      for (var c = 0u; c < sizes.valueDim; c++) { product += gradients[c] * v[vBase + c]; }
    }
    scores[lane] = score;
    products[lane] = product;
    workgroupBarrier();
    var higher = maximum;
    for (var s = 0u; s < keys; s++) { higher = max(higher, scores[s]); }
    workgroupBarrier();
    // Of a row that has seen no key yet, nothing counts.
    scores[lane] = select(vec4f(), exp(score - higher), seen);
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
          let weighted = scores[s] * k[((s0 + s) * sizes.kvHeads + kvHead) * sizes.keyDim + column];
          own += weighted;
          weighed += products[s] * weighted;
        }
        ofKeys[j] = own;
        ofProducts[j] = weighed;
      }
    }
    workgroupBarrier();
  }
  let o = dotted / total;
  let logarithms = maximum + log(total);
  for (var i = 0u; i < 4u; i++) {
    if (row0 + i >= sizes.rows) { break; }
    for (var j = 0u; j < COLUMNS; j++) {
      let column = lane + j * LANES;
      if (column < sizes.keyDim) {
        dQ[qAt[i] + column] = sizes.scale * (ofProducts[j][i] - o[i] * ofKeys[j][i]) / total[i];
      }
    }
    if (lane == 0u) {
      sums[(rows[i] * sizes.heads + head) * 2u] = logarithms[i];
      sums[(rows[i] * sizes.heads + head) * 2u + 1u] = o[i];
    }
  }
}
