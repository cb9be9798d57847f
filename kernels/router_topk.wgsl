// Router: scores from the experts' logits, then the top-k; the first of equals wins.
// scoring 0: softmax over the logits, chosen by score; 1: sigmoid, chosen by score; 2: sigmoid, chosen by score +
// bias (DeepSeek-V3). With groups > 1 experts are chosen from the best keptGroups groups: a group is as good as its
// best expert, for scoring 2 as its best two together (group-limited top-k, DeepSeek-V2 and V3); the others then count
// as 0 for scoring 2, as in transformers. balanced 1: experts are dealt out evenly instead, by row and slot.
// logits [rows, experts]; bias [experts], read for scoring 2; ids [rows, topK], best first; weights [rows, topK], the
// scores of the chosen, divided by their sum when normalise is 1, times scale. A workgroup takes four tokens, 16
// invocations each; at most 512 experts and 32 groups.
struct Sizes {
  rows: u32, experts: u32, topK: u32, scoring: u32, groups: u32, keptGroups: u32, normalise: u32, balanced: u32,
  scale: f32
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> weights: array<f32>;

const LEAST = -3.4e38;
const LANES = 16u;
const TOKENS = 4u;
const MOST_EXPERTS = 512u;
var<workgroup> worths: array<f32, 2048>; // of each token what its experts are chosen by, but their groups
var<workgroup> bestValue: array<f32, 64>; // of each invocation, of its experts
var<workgroup> bestId: array<u32, 64>;

fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }

// Softmax and sigmoid keep the order of the logits.
fn worth(logit: f32, expert: u32) -> f32 {
  if (sizes.scoring == 2u) { return sigmoid(logit) + bias[expert]; }
  return logit;
}

fn groupWorth(token: u32, group: u32) -> f32 {
  let size = sizes.experts / sizes.groups;
  var best = LEAST;
  var second = LEAST;
  for (var e = group * size; e < (group + 1u) * size; e++) {
    let value = worths[token * MOST_EXPERTS + e];
    if (value > best) {
      second = best;
      best = value;
    } else if (value > second) {
      second = value;
    }
  }
  if (sizes.scoring == 2u) { return best + second; }
  return best;
}

// Bit g is set when experts of group g may be chosen.
fn openGroups(token: u32) -> u32 {
  if (sizes.groups == 1u) { return 1u; }
  var open = 0u;
  for (var i = 0u; i < sizes.keptGroups; i++) {
    var best = 32u;
    var most = 0.0;
    for (var g = 0u; g < sizes.groups; g++) {
      if ((open & (1u << g)) != 0u) { continue; }
      let value = groupWorth(token, g);
      if (best == 32u || value > most) {
        best = g;
        most = value;
      }
    }
    open |= 1u << best;
  }
  return open;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let token = lane / LANES;
  let own = lane % LANES;
  let first = token * LANES; // the token's first invocation
  // Invocations beyond the last token do what is the last's, and write nothing.
  let wanted = (group.x + group.y * 65535u) * TOKENS + token;
  let row = min(wanted, sizes.rows - 1u);
  let base = row * sizes.experts;
  var maximum = LEAST;
  for (var e = own; e < sizes.experts; e += LANES) {
    let logit = logits[base + e];
    maximum = max(maximum, logit);
    worths[token * MOST_EXPERTS + e] = worth(logit, e);
  }
  bestValue[lane] = maximum;
  workgroupBarrier();
  for (var i = 0u; i < LANES; i++) { maximum = max(maximum, bestValue[first + i]); }
  workgroupBarrier();
  var part = 0.0;
  for (var e = own; e < sizes.experts; e += LANES) { part += exp(logits[base + e] - maximum); }
  bestValue[lane] = part;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < LANES; i++) { total += bestValue[first + i]; }

  let open = openGroups(token);
  let groupSize = sizes.experts / sizes.groups;
  var chosenTotal = 0.0;
  var last = 0.0;
  var lastId = 0u;
  for (var slot = 0u; slot < sizes.topK; slot++) {
    var most = LEAST;
    var best = sizes.experts;
    for (var e = own; e < sizes.experts; e += LANES) {
      let shut = (open & (1u << (e / groupSize))) == 0u;
      if (shut && sizes.scoring != 2u) { continue; }
      let value = select(worths[token * MOST_EXPERTS + e], 0.0, shut);
      // Those chosen already are the ones before (last, lastId) in the order of value, then of id.
      let left = slot == 0u || value < last || (value == last && e > lastId);
      if (left && (best == sizes.experts || value > most)) {
        best = e;
        most = value;
      }
    }
    workgroupBarrier();
    bestValue[lane] = most;
    bestId[lane] = best;
    workgroupBarrier();
    best = sizes.experts;
    for (var i = 0u; i < LANES; i++) {
      let value = bestValue[first + i];
      let id = bestId[first + i];
      if (id < sizes.experts && (best == sizes.experts || value > most || (value == most && id < best))) {
        best = id;
        most = value;
      }
    }
    last = most;
    lastId = best;
    if (sizes.balanced == 1u) { best = (row + slot * (sizes.experts / sizes.topK)) % sizes.experts; }
    let logit = logits[base + best];
    let score = select(sigmoid(logit), exp(logit - maximum) / total, sizes.scoring == 0u);
    chosenTotal += score;
    if (own == 0u && wanted < sizes.rows) {
      ids[row * sizes.topK + slot] = best;
      weights[row * sizes.topK + slot] = score;
    }
  }
  // transformers adds 1e-20 to the sum of sigmoids; a sum of softmax scores is never that small.
  let factor = select(sizes.scale, sizes.scale / (chosenTotal + 1e-20), sizes.normalise == 1u);
  if (own == 0u && wanted < sizes.rows) {
    for (var slot = 0u; slot < sizes.topK; slot++) { weights[row * sizes.topK + slot] *= factor; }
  }
}
