// Causal attention: out[t, h] = sum over s of softmax_s(scale * q[t, h] . k[s, h']) v[s, h'], s from first[t] to
// own[t], the rows of the first key that token t may see and of its own; h' = h / (heads / kvHeads).
// q [rows, heads * keyDim], k [any, kvHeads * keyDim], v [any, valueStride] with kvHeads * valueDim columns read, first
// and own [rows], out [rows, heads * valueDim]. Softmax is computed in one pass with a running maximum (Milakov and
// Gimelshein, 2018; FlashAttention, 2022). A workgroup takes one token and head: 64 keys at a time, one an invocation,
// then 64 columns.
struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, valueStride: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> first: array<u32>;
@group(0) @binding(5) var<storage, read> own: array<u32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;

const LANES = 64u;
const COLUMNS = 8u; // value columns an invocation: valueDim is at most 512
var<workgroup> scores: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  let head = group.z;
  if (row >= sizes.rows) { return; }
  let kvHead = head / (sizes.heads / sizes.kvHeads);
  let last = own[row];
  let qBase = (row * sizes.heads + head) * sizes.keyDim;
  var maximum = -3.4e38;
  var total = 0.0;
  var sums: array<f32, COLUMNS>;
  for (var s0 = first[row]; s0 <= last; s0 += LANES) {
    let keys = min(LANES, last + 1u - s0);
    var score = -3.4e38;
    if (lane < keys) {
      let kBase = ((s0 + lane) * sizes.kvHeads + kvHead) * sizes.keyDim;
      var dotted = 0.0;
      for (var c = 0u; c < sizes.keyDim; c++) { dotted += q[qBase + c] * k[kBase + c]; }
      score = dotted * sizes.scale;
    }
    scores[lane] = score;
    workgroupBarrier();
    var higher = maximum;
    for (var s = 0u; s < keys; s++) { higher = max(higher, scores[s]); }
    workgroupBarrier();
    scores[lane] = exp(score - higher);
    workgroupBarrier();
    let shrink = exp(maximum - higher);
    var sum = 0.0;
    for (var s = 0u; s < keys; s++) { sum += scores[s]; }
    total = total * shrink + sum;
    maximum = higher;
    for (var j = 0u; j < COLUMNS; j++) {
      let column = lane + j * LANES;
      if (column < sizes.valueDim) {
        var weighted = sums[j] * shrink;
        for (var s = 0u; s < keys; s++) {
          weighted += scores[s] * v[(s0 + s) * sizes.valueStride + kvHead * sizes.valueDim + column];
        }
        sums[j] = weighted;
      }
    }
    workgroupBarrier();
  }
  for (var j = 0u; j < COLUMNS; j++) {
    let column = lane + j * LANES;
    if (column < sizes.valueDim) {
      out[(row * sizes.heads + head) * sizes.valueDim + column] = sums[j] / total;
    }
  }
}
