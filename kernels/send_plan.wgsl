// Where each token goes: a token is sent once to every rank that holds one of its experts (one row a token and
// destination rank, as in DeepEP), rows ordered by destination, then by token.
// ids [rows, topK]; rowOf [rows, ranks], the row in the send buffer or NONE; counts [experts + ranks]: how many
// (token, expert) pairs each expert gets from here, then how many rows each rank gets. A workgroup a destination.
struct Sizes { rows: u32, ranks: u32, experts: u32, topK: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> rowOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;

const NONE = 0xffffffffu;
const LANES = 256u;
var<workgroup> placed: array<u32, 256>; // rows that each invocation's tokens send here
var<workgroup> before: atomic<u32>; // rows of the destinations before this one
var<workgroup> perExpert: array<atomic<u32>, 512>; // pairs of each expert here, at most 512 a rank

fn goes(token: u32, destination: u32, share: u32) -> bool {
  for (var slot = 0u; slot < sizes.topK; slot++) {
    if (ids[token * sizes.topK + slot] / share == destination) { return true; }
  }
  return false;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let destination = group.x;
  let share = sizes.experts / sizes.ranks;
  let firstExpert = destination * share;
  for (var e = lane; e < share; e += LANES) { atomicStore(&perExpert[e], 0u); }
  if (lane == 0u) { atomicStore(&before, 0u); }
  workgroupBarrier();

  // An invocation takes tokens that follow one another, so that rows keep the order of tokens.
  let chunk = (sizes.rows + LANES - 1u) / LANES;
  let first = min(lane * chunk, sizes.rows);
  let end = min(first + chunk, sizes.rows);
  var here = 0u;
  var earlier = 0u;
  for (var token = first; token < end; token++) {
    if (goes(token, destination, share)) { here++; }
    for (var slot = 0u; slot < sizes.topK; slot++) {
      let id = ids[token * sizes.topK + slot];
      let rank = id / share;
      if (rank == destination) { atomicAdd(&perExpert[id - firstExpert], 1u); }
      var repeated = false;
      for (var other = 0u; other < slot; other++) {
        if (ids[token * sizes.topK + other] / share == rank) { repeated = true; }
      }
      if (rank < destination && !repeated) { earlier++; }
    }
  }
  placed[lane] = here;
  atomicAdd(&before, earlier);
  workgroupBarrier();

  var row = atomicLoad(&before);
  for (var i = 0u; i < lane; i++) { row += placed[i]; }
  for (var token = first; token < end; token++) {
    var target0 = NONE;
    if (goes(token, destination, share)) {
      target0 = row;
      row++;
    }
    rowOf[token * sizes.ranks + destination] = target0;
  }
  for (var e = lane; e < share; e += LANES) { counts[firstExpert + e] = atomicLoad(&perExpert[e]); }
  if (lane == LANES - 1u) { counts[sizes.experts + destination] = row - atomicLoad(&before); }
}
