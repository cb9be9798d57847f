// The counting sort of expert_plan/: of the (row, expert) pairs that a rank received. A workgroup an expert.
// Its kernels bring `sizes`, `pairRow`, `pairOf`, `offsets`, and slotsAt(row, slot): what four slots of a row have, from
// `slot` on, whose experts are numbered over all ranks. What it gives of slots beyond the last one counts for nothing.
const NONE = 0xffffffffu;
const LANES = 256u;

// Says of four slots of a row which have no pair.
fn leaveOut(found: vec4u, row: u32, slot: u32) {
  for (var i = 0u; i < min(4u, sizes.topK - slot); i++) {
    if (found[i] == NONE) { pairOf[row * sizes.topK + slot + i] = NONE; }
  }
}

// Which of this rank's experts four slots of a row have, from `slot` on; NONE is what other ranks have, or no slot, or
// a row from `end` on. Four at a time: to wait for memory is what takes this kernel's time.
fn expertsAt(row: u32, end: u32, slot: u32) -> vec4u {
  let ids = slotsAt(min(row, end - 1u), slot) - sizes.firstExpert;
  let isSlot = vec4u(slot) + vec4u(0u, 1u, 2u, 3u) < vec4u(sizes.topK);
  return select(vec4u(NONE), ids, isSlot & (ids < vec4u(sizes.experts)) & vec4<bool>(row < end));
}

fn countOf(found: vec4<bool>) -> u32 {
  let ones = select(vec4u(0u), vec4u(1u), found);
  return ones.x + ones.y + ones.z + ones.w;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let expert = group.x; // of this rank's
  // An invocation takes rows that follow one another, so that an expert's pairs keep the order of rows.
  let chunk = (sizes.rows + LANES - 1u) / LANES;
  let first = min(lane * chunk, sizes.rows);
  let end = min(first + chunk, sizes.rows);
  var here = 0u;
  var earlier = 0u; // pairs of the experts before this one
  var rowsHere = 0u; // bit i: the i-th row has this expert; the last bit is for all rows further on
  for (var row = first; row < end; row += 4u) {
    for (var slot = 0u; slot < sizes.topK; slot += 4u) {
      // All are asked for before the first is looked at.
      let found = array<vec4u, 4>(
        expertsAt(row, end, slot),
        expertsAt(row + 1u, end, slot),
        expertsAt(row + 2u, end, slot),
        expertsAt(row + 3u, end, slot),
      );
      for (var i = 0u; i < 4u; i++) {
        let own = countOf(found[i] == vec4u(expert));
        here += own;
        rowsHere |= min(own, 1u) << min(row + i - first, 31u);
        earlier += countOf(found[i] < vec4u(expert));
        if (expert == 0u && row + i < end) { leaveOut(found[i], row + i, slot); }
      }
    }
  }
  let sums = sumsBefore(vec2u(earlier, here), lane);

  var pair = sums.z + sums.y;
  for (var row = first; row < end; row++) {
    if ((rowsHere & (1u << min(row - first, 31u))) == 0u) { continue; }
    for (var slot = 0u; slot < sizes.topK; slot += 4u) {
      let own = expertsAt(row, end, slot) == vec4u(expert);
      for (var i = 0u; i < 4u; i++) {
        if (own[i]) {
          pairRow[pair] = row;
          pairOf[row * sizes.topK + slot + i] = pair;
          pair++;
        }
      }
    }
  }
  if (lane == 0u) {
    offsets[expert] = sums.z;
    if (expert == sizes.experts - 1u) { offsets[sizes.experts] = sums.z + sums.w; }
  }
}
