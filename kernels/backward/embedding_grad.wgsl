// Gradient of an embedding's table: of each word the rows of d out at its tokens, added in their order; 0 where it is
// not among them. ids [rows], dOut [rows, width], dTable [words, width]. A workgroup a word.
struct Sizes { rows: u32, words: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> dOut: array<f32>;
@group(0) @binding(3) var<storage, read_write> dTable: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let word = group.x + group.y * 65535u;
  if (word >= sizes.words) { return; }
  for (var column = lane; column < sizes.width; column += 64u) { dTable[word * sizes.width + column] = 0.0; }
  for (var row = 0u; row < sizes.rows; row++) {
    if (ids[row] != word) { continue; }
    // Each invocation adds to its own columns.
    for (var column = lane; column < sizes.width; column += 64u) {
      dTable[word * sizes.width + column] += dOut[row * sizes.width + column];
    }
  }
}
