// The (row, expert) pairs of what a rank received, rows in PARTS parts that follow one another, a workgroup each.
// Kernels that include this bring `sizes` and slotsAt(row, slot): what four slots of a row have, from `slot` on, whose
// experts are numbered over all ranks. What it gives of slots beyond the last one counts for nothing.
const NONE = 0xffffffffu;
const PARTS = 64u;
const LANES = 128u;
const MOST_EXPERTS = 512u; // of a rank

// A part's first row, and the one after its last.
fn rowsOf(part: u32) -> vec2u {
  let each = (sizes.rows + PARTS - 1u) / PARTS;
  return min(vec2u(part, part + 1u) * each, vec2u(sizes.rows));
}

// Which of this rank's experts four slots of a row have, from `slot` on; NONE is what other ranks have, or no slot.
fn expertsAt(row: u32, slot: u32) -> vec4u {
  let ids = slotsAt(row, slot) - sizes.firstExpert;
  let isSlot = vec4u(slot) + vec4u(0u, 1u, 2u, 3u) < vec4u(sizes.topK);
  return select(vec4u(NONE), ids, isSlot & (ids < vec4u(sizes.experts)));
}
