// As embedding_grad.wgsl, for lanes that run side by side: a workgroup first marks which of 256 tokens are its word.
struct Sizes { rows: u32, words: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> dOut: array<f32>;
@group(0) @binding(3) var<storage, read_write> dTable: array<f32>;

const LANES = 64u;
const MARKS = 8u;
// A bit a token.
var<workgroup> marks: array<atomic<u32>, MARKS>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let word = group.x + group.y * 65535u;
  if (word >= sizes.words) { return; }
  for (var column = lane; column < sizes.width; column += LANES) { dTable[word * sizes.width + column] = 0.0; }
  for (var first = 0u; first < sizes.rows; first += 32u * MARKS) {
    if (lane < MARKS) { atomicStore(&marks[lane], 0u); }
    workgroupBarrier();
    for (var i = lane; i < 32u * MARKS; i += LANES) {
      if (first + i < sizes.rows && ids[first + i] == word) { atomicOr(&marks[i / 32u], 1u << (i % 32u)); }
    }
    workgroupBarrier();
    for (var m = 0u; m < MARKS; m++) {
      for (var left = atomicLoad(&marks[m]); left != 0u; left &= left - 1u) {
        let row = first + 32u * m + firstTrailingBit(left);
        // Each invocation adds to its own columns.
        for (var column = lane; column < sizes.width; column += LANES) {
          dTable[word * sizes.width + column] += dOut[row * sizes.width + column];
        }
      }
    }
    workgroupBarrier();
  }
}
