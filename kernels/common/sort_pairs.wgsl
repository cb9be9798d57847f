// The counting sort of expert_plan/: places the pairs of a part of the rows (common/pairs.wgsl), of which `counts` tells
// how many each expert has in each part. Of kernels that bring `counts`, `pairRow`, `pairOf` and `offsets`.
const WORDS = LANES / 32u;
const MOST_WORDS = 2048u; // of MOST_EXPERTS
var<workgroup> pairsOf: array<u32, MOST_EXPERTS>; // of each expert, in all parts
var<workgroup> next: array<u32, MOST_EXPERTS>; // where the next pair of each expert goes
// Of each expert a bit a row of those at hand, of which each invocation has one: all find their places at once.
var<workgroup> rowsWith: array<atomic<u32>, MOST_WORDS>;

// How many of the rows at hand before this invocation's have the expert.
fn rowsBefore(expert: u32, lane: u32) -> u32 {
  let own = lane / 32u;
  var before = countOneBits(atomicLoad(&rowsWith[expert * WORDS + own]) & ((1u << (lane % 32u)) - 1u));
  for (var word = 0u; word < own; word++) { before += countOneBits(atomicLoad(&rowsWith[expert * WORDS + word])); }
  return before;
}

fn sumOf(four: vec4u) -> u32 { return four.x + four.y + four.z + four.w; }

// Where each expert's pairs of this part begin.
fn begin(part: u32, lane: u32) {
  for (var e = lane; e < sizes.experts; e += LANES) {
    var all = 0u;
    var earlier = 0u;
    for (var i = 0u; i < PARTS / 4u; i++) {
      let four = counts[e * (PARTS / 4u) + i];
      let isEarlier = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(part);
      all += sumOf(four);
      earlier += sumOf(select(vec4u(0u), four, isEarlier));
    }
    pairsOf[e] = all;
    next[e] = earlier;
    for (var word = 0u; word < WORDS; word++) { atomicStore(&rowsWith[e * WORDS + word], 0u); }
  }
  workgroupBarrier();
  for (var e = lane; e < sizes.experts; e += LANES) {
    var offset = 0u;
    for (var other = 0u; other < e; other++) { offset += pairsOf[other]; }
    next[e] += offset;
    if (part == 0u) { offsets[e] = offset; }
    if (part == 0u && e == sizes.experts - 1u) { offsets[sizes.experts] = offset + pairsOf[e]; }
  }
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  begin(group.x, lane);
  let rows = rowsOf(group.x);
  for (var first = rows.x; first < rows.y; first += LANES) {
    let row = first + lane;
    let isRow = row < rows.y;
    workgroupBarrier();
    for (var slot = 0u; isRow && slot < sizes.topK; slot += 4u) {
      let experts = expertsAt(row, slot);
      for (var i = 0u; i < 4u; i++) {
        if (experts[i] != NONE) { atomicOr(&rowsWith[experts[i] * WORDS + lane / 32u], 1u << (lane % 32u)); }
      }
    }
    workgroupBarrier();
    for (var slot = 0u; isRow && slot < sizes.topK; slot += 4u) {
      let experts = expertsAt(row, slot);
      for (var i = 0u; i < min(4u, sizes.topK - slot); i++) {
        var pair = NONE;
        if (experts[i] != NONE) {
          pair = next[experts[i]] + rowsBefore(experts[i], lane);
          pairRow[pair] = row;
        }
        pairOf[row * sizes.topK + slot + i] = pair;
      }
    }
    workgroupBarrier();
    for (var e = lane; e < sizes.experts; e += LANES) {
      for (var word = 0u; word < WORDS; word++) {
        next[e] += countOneBits(atomicExchange(&rowsWith[e * WORDS + word], 0u));
      }
    }
  }
}
