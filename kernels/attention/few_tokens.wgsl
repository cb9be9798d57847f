// Causal attention of few tokens over many keys (decoding), as attention/any.wgsl says; keyDim, valueDim and
// valueStride are multiples of four, valueDim is at most 512. A workgroup takes one token and head, 64 keys at a time:
// four invocations a key for the scores, then an invocation four columns of the values of some of the keys.
struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, valueStride: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> first: array<u32>;
@group(0) @binding(5) var<storage, read> own: array<u32>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;

const LANES = 256u;
const KEYS = 64u;
const LEAST = -3.0e38;
var<workgroup> parts: array<f32, 256>; // of each key's score, part by part
var<workgroup> weights: array<f32, 64>;
var<workgroup> sums: array<vec4f, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  let head = group.z;
  if (row >= sizes.rows) { return; }
  let kvHead = head / (sizes.heads / sizes.kvHeads);
  let last = own[row];
  let keyDim4 = sizes.keyDim / 4u;
  let valueDim4 = sizes.valueDim / 4u;
  let qBase = (row * sizes.heads + head) * keyDim4;
  let slices = LANES / valueDim4;
  let slice = lane / valueDim4;
  let column = lane % valueDim4;
  let mine = lane % KEYS;
  let part = lane / KEYS;
  var most = LEAST;
  var total = 0.0;
  var sum = vec4f();
  for (var s0 = first[row]; s0 <= last; s0 += KEYS) {
    let keys = min(KEYS, last + 1u - s0);
    let kBase = (min(s0 + mine, last) * sizes.kvHeads + kvHead) * keyDim4;
    var dotted = 0.0;
    for (var c = part; c < keyDim4; c += 4u) { dotted += dot(q[qBase + c], k[kBase + c]); }
    parts[lane] = dotted;
    workgroupBarrier();
    let score = select(LEAST, (parts[mine] + parts[KEYS + mine] + parts[2u * KEYS + mine] + parts[3u * KEYS + mine]) * sizes.scale, mine < keys);
    if (part == 0u) { weights[mine] = score; }
    workgroupBarrier();
    var higher = most;
    for (var s = 0u; s < KEYS; s++) { higher = max(higher, weights[s]); }
    workgroupBarrier();
    if (part == 0u) { weights[mine] = exp(score - higher); }
    workgroupBarrier();
    let shrink = exp(most - higher);
    most = higher;
    var added = 0.0;
    for (var s = 0u; s < KEYS; s++) { added += weights[s]; }
    total = total * shrink + added;
    sum *= shrink;
    if (slice < slices) {
      for (var s = slice; s < keys; s += slices) {
        sum += weights[s] * v[(s0 + s) * (sizes.valueStride / 4u) + kvHead * valueDim4 + column];
      }
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane < valueDim4) {
    var whole = vec4f();
    for (var s = 0u; s < slices; s++) { whole += sums[s * valueDim4 + lane]; }
    out[(row * sizes.heads + head) * valueDim4 + lane] = whole / total;
  }
}
