// A token a row, drawn from softmax(logits / temperature) over the topK most likely (all for 0), of these the fewest
// that together have probability topP (nucleus sampling, Holtzman et al., 2020); of equal ones those of lower ids. What
// is left is drawn from in the order of ids by draw in [0, 1). Temperature 0: the most likely token.
// logits [rows, width], draw [rows], ids [rows]; a workgroup a row.
struct Sizes { rows: u32, width: u32, topK: u32, temperature: f32, topP: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> draw: array<f32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;

const LANES = 256u;
var<workgroup> masses: array<f32, LANES>;
var<workgroup> counts: array<u32, LANES>;

// As integers these are in the order of the numbers.
fn key_of(x: f32) -> u32 {
  let bits = bitcast<u32>(select(x, 0.0, x == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

struct Set { mass: f32, count: u32 }

// Of all lanes together, to all of them; the same sum whatever runs first.
fn together(lane: u32, own: Set) -> Set {
  masses[lane] = own.mass;
  counts[lane] = own.count;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      masses[lane] += masses[lane + half];
      counts[lane] += counts[lane + half];
    }
    workgroupBarrier();
  }
  return Set(workgroupUniformLoad(&masses[0]), workgroupUniformLoad(&counts[0]));
}

fn weight(x: f32, highest: f32) -> f32 { return exp((x - highest) / sizes.temperature); }

// The tokens of a row whose keys are at least `least`.
fn at_least(lane: u32, row: u32, highest: f32, least: u32) -> Set {
  var own = Set(0.0, 0u);
  for (var i = lane; i < sizes.width; i += LANES) {
    let x = logits[row * sizes.width + i];
    if (key_of(x) >= least) { own = Set(own.mass + weight(x, highest), own.count + 1u); }
  }
  return together(lane, own);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let start = row * sizes.width;

  // The most likely token, of equal ones the first.
  var best = 0u;
  var place = 0xffffffffu;
  for (var i = lane; i < sizes.width; i += LANES) {
    let key = key_of(logits[start + i]);
    if (key > best || place == 0xffffffffu) { best = key; place = i; }
  }
  counts[lane] = best;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) { counts[lane] = max(counts[lane], counts[lane + half]); }
    workgroupBarrier();
  }
  let top = workgroupUniformLoad(&counts[0]);
  counts[lane] = select(0xffffffffu, place, best == top);
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) { counts[lane] = min(counts[lane], counts[lane + half]); }
    workgroupBarrier();
  }
  let likeliest = workgroupUniformLoad(&counts[0]);
  if (sizes.temperature == 0.0) {
    if (lane == 0u) { ids[row] = likeliest; }
    return;
  }
  let highest = logits[start + likeliest];

  // The least key of the topK, then of the nucleus: bit by bit the largest of which there is enough.
  let limit = select(min(sizes.topK, sizes.width), sizes.width, sizes.topK == 0u);
  var least = 0u;
  if (limit < sizes.width) {
    for (var bit = 0x80000000u; bit > 0u; bit /= 2u) {
      if (at_least(lane, row, highest, least | bit).count >= limit) { least |= bit; }
    }
  }
  var above = at_least(lane, row, highest, least + 1u);
  // Of those that have just the least key so many are left.
  var ties = limit - above.count;
  if (sizes.topP < 1.0) {
    // Without topK there is no such key, and it may be that of no number.
    let wanted = sizes.topP * select(above.mass, above.mass + f32(ties) * weight_of_key(least, highest), ties > 0u);
    var nucleus = 0u;
    for (var bit = 0x80000000u; bit > 0u; bit /= 2u) {
      if (at_least(lane, row, highest, nucleus | bit).mass >= wanted) { nucleus |= bit; }
    }
    if (nucleus > least) {
      let all = at_least(lane, row, highest, nucleus);
      above = at_least(lane, row, highest, nucleus + 1u);
      ties = all.count - above.count;
      least = nucleus;
    }
    let missing = (wanted - above.mass) / weight_of_key(least, highest);
    ties = min(ties, u32(max(1.0, ceil(missing))));
  }

  // Each lane has a stretch of ids: how many of the least key lie before it, what mass is kept in it.
  let chunk = (sizes.width + LANES - 1u) / LANES;
  let first = min(lane * chunk, sizes.width);
  let end = min(first + chunk, sizes.width);
  var own_ties = 0u;
  for (var i = first; i < end; i++) { own_ties += u32(key_of(logits[start + i]) == least); }
  counts[lane] = own_ties;
  workgroupBarrier();
  var before = 0u;
  for (var other = 0u; other < lane; other++) { before += counts[other]; }
  var mass = 0.0;
  var tied = before;
  for (var i = first; i < end; i++) {
    let x = logits[start + i];
    let key = key_of(x);
    if (key > least || (key == least && tied < ties)) { mass += weight(x, highest); }
    tied += u32(key == least);
  }
  masses[lane] = mass;
  workgroupBarrier();
  if (lane > 0u) { return; }

  var total = 0.0;
  for (var other = 0u; other < LANES; other++) { total += masses[other]; }
  var at = draw[row] * total;
  var chosen = 0u;
  for (var other = 0u; other < LANES; other++) {
    if (masses[other] == 0.0) { continue; }
    chosen = other;
    if (at < masses[other]) { break; }
    at -= masses[other];
  }
  var seen = 0u;
  for (var other = 0u; other < chosen; other++) { seen += counts[other]; }
  var token = 0u;
  for (var i = chosen * chunk; i < min((chosen + 1u) * chunk, sizes.width); i++) {
    let x = logits[start + i];
    let key = key_of(x);
    let kept = key > least || (key == least && seen < ties);
    seen += u32(key == least);
    if (!kept) { continue; }
    token = i;
    at -= weight(x, highest);
    if (at < 0.0) { break; }
  }
  ids[row] = token;
}

fn weight_of_key(key: u32, highest: f32) -> f32 {
  return weight(bitcast<f32>(select(~key, key & 0x7fffffffu, (key >> 31u) == 1u)), highest);
}
