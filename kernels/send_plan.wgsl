// Where each token goes: a token is sent once to every rank that holds one of its experts (one row a token and
// destination rank, as in DeepEP), rows ordered by destination, then by token.
// ids [rows, topK]; rowOf [rows, ranks], the row in the send buffer or NONE; counts [experts + ranks]: how many
// (token, expert) pairs each expert gets from here, then how many rows each rank gets. A workgroup a destination, of
// which there are at most 32.
// include common/scan.wgsl
struct Sizes { rows: u32, ranks: u32, experts: u32, topK: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> rowOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;

const NONE = 0xffffffffu;
const LANES = 256u;
var<workgroup> perExpert: array<atomic<u32>, 512>; // pairs of each expert here, at most 512 a rank

// Bit r: the token has an expert on rank r.
fn ranksOf(token: u32, share: u32) -> u32 {
  var ranks = 0u;
  for (var slot = 0u; slot < sizes.topK; slot++) { ranks |= 1u << (ids[token * sizes.topK + slot] / share); }
  return ranks;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let destination = group.x;
  let share = sizes.experts / sizes.ranks;
  let firstExpert = destination * share;
  for (var e = lane; e < share; e += LANES) { atomicStore(&perExpert[e], 0u); }
  workgroupBarrier();

  // An invocation takes tokens that follow one another, so that rows keep the order of tokens.
  let chunk = (sizes.rows + LANES - 1u) / LANES;
  let first = min(lane * chunk, sizes.rows);
  let end = min(first + chunk, sizes.rows);
  var here = 0u;
  var earlier = 0u; // rows to destinations before this one
  for (var token = first; token < end; token++) {
    let ranks = ranksOf(token, share);
    here += (ranks >> destination) & 1u;
    earlier += countOneBits(ranks & ((1u << destination) - 1u));
    for (var slot = 0u; slot < sizes.topK; slot++) {
      let own = ids[token * sizes.topK + slot] - firstExpert; // beyond all where it is another rank's
      if (own < share) { atomicAdd(&perExpert[own], 1u); }
    }
  }
  let sums = sumsBefore(vec2u(earlier, here), lane);

  var row = sums.z + sums.y;
  for (var token = first; token < end; token++) {
    let goes = ((ranksOf(token, share) >> destination) & 1u) == 1u;
    rowOf[token * sizes.ranks + destination] = select(NONE, row, goes);
    row += u32(goes);
  }
  for (var e = lane; e < share; e += LANES) { counts[firstExpert + e] = atomicLoad(&perExpert[e]); }
  if (lane == 0u) { counts[sizes.experts + destination] = sums.w; }
}
