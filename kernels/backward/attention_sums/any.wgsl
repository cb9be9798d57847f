// What attention's gradients need of each row and head: the logarithm of its softmax's sum, and its output times that
// output's gradient, which is the sum over keys of p dP (FlashAttention-2, Dao, 2023). q [rows, heads * keyDim],
// k [rows, kvHeads * keyDim], first [rows]: keys of row r are rows first[r] to r; out and dOut [rows, heads * valueDim];
// sums [rows, heads, 2]. A workgroup a row and head.
struct Sizes { rows: u32, heads: u32, kvHeads: u32, keyDim: u32, valueDim: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> first: array<u32>;
@group(0) @binding(4) var<storage, read> out: array<f32>;
@group(0) @binding(5) var<storage, read> dOut: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;

const LANES = 64u;
const LEAST = -3.0e38;
var<workgroup> highest: array<f32, 64>;
var<workgroup> totals: array<f32, 64>;
var<workgroup> products: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  let head = group.z;
  if (row >= sizes.rows) { return; }
  let kvHead = head / (sizes.heads / sizes.kvHeads);
  let qBase = (row * sizes.heads + head) * sizes.keyDim;
  var most = LEAST;
  var total = 0.0;
  for (var key = first[row] + lane; key <= row; key += LANES) {
    let kBase = (key * sizes.kvHeads + kvHead) * sizes.keyDim;
    var score = 0.0;
    for (var c = 0u; c < sizes.keyDim; c++) { score += q[qBase + c] * k[kBase + c]; }
    score *= sizes.scale;
    let higher = max(most, score);
    total = total * exp(most - higher) + exp(score - higher);
    most = higher;
  }
  let base = (row * sizes.heads + head) * sizes.valueDim;
  var product = 0.0;
  for (var c = lane; c < sizes.valueDim; c += LANES) { product += out[base + c] * dOut[base + c]; }
  highest[lane] = most;
  totals[lane] = total;
  products[lane] = product;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var i = 1u; i < LANES; i++) { most = max(most, highest[i]); }
  total = 0.0;
  product = 0.0;
  for (var i = 0u; i < LANES; i++) {
    total += totals[i] * exp(highest[i] - most);
    product += products[i];
  }
  sums[(row * sizes.heads + head) * 2u] = most + log(total);
  sums[(row * sizes.heads + head) * 2u + 1u] = product;
}
