// Router: softmax over the experts' logits, then the top-k; the first of equal scores wins.
// logits [rows, experts]; ids [rows, topK], best first; weights [rows, topK], the scores chosen, divided by their sum
// when `normalise` is 1, times `scale`. An invocation a token.
struct Sizes { rows: u32, experts: u32, topK: u32, normalise: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let row = global.x;
  if (row >= sizes.rows) { return; }
  let base = row * sizes.experts;
  var maximum = logits[base];
  for (var e = 1u; e < sizes.experts; e++) { maximum = max(maximum, logits[base + e]); }
  var total = 0.0;
  for (var e = 0u; e < sizes.experts; e++) { total += exp(logits[base + e] - maximum); }
  var chosenTotal = 0.0;
  var last = 0.0;
  var lastId = 0u;
  for (var slot = 0u; slot < sizes.topK; slot++) {
    var best = sizes.experts;
    var bestLogit = 0.0;
    for (var e = 0u; e < sizes.experts; e++) {
      let value = logits[base + e];
      // Those chosen already are the ones before (last, lastId) in the order of value, then of id.
      let open = slot == 0u || value < last || (value == last && e > lastId);
      if (open && (best == sizes.experts || value > bestLogit)) {
        best = e;
        bestLogit = value;
      }
    }
    last = bestLogit;
    lastId = best;
    let score = exp(bestLogit - maximum) / total;
    ids[row * sizes.topK + slot] = best;
    weights[row * sizes.topK + slot] = score;
    chosenTotal += score;
  }
  let factor = select(sizes.scale, sizes.scale / chosenTotal, sizes.normalise == 1u);
  for (var slot = 0u; slot < sizes.topK; slot++) { weights[row * sizes.topK + slot] *= factor; }
}
