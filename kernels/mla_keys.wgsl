// Queries, keys and values of multi-head latent attention (DeepSeek-V2, 2024): of each query the last part rotated;
// key = [its own part of `expanded`, the rotated part shared by all heads], value = the rest of `expanded`.
// expanded [rows, heads * (nope + valueDim)]; compressed [rows, latent + rotated], whose last `rotated` columns are
// the shared key before its rotation; q [rows, heads * (nope + rotated)] before its rotation; position [rows]; table
// [positions, rotated] as in rope.wgsl, pairs interleaved; keys and queries as q; values [rows, heads * valueDim].
// A workgroup a token.
struct Sizes { rows: u32, heads: u32, nope: u32, rotated: u32, valueDim: u32, latent: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> expanded: array<f32>;
@group(0) @binding(2) var<storage, read> compressed: array<f32>;
@group(0) @binding(3) var<storage, read> q: array<f32>;
@group(0) @binding(4) var<storage, read> position: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<f32>;
@group(0) @binding(6) var<storage, read_write> keys: array<f32>;
@group(0) @binding(7) var<storage, read_write> values: array<f32>;
@group(0) @binding(8) var<storage, read_write> queries: array<f32>;

const LANES = 128u;

// Of a pair, rotated: its first for even columns, its second for odd.
fn rotated(pair: vec2f, entry: u32, column: u32) -> f32 {
  let cosine = table[entry];
  let sine = table[entry + 1u];
  return select(pair.x * sine + pair.y * cosine, pair.x * cosine - pair.y * sine, column % 2u == 0u);
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let keyDim = sizes.nope + sizes.rotated;
  let part = sizes.nope + sizes.valueDim;
  let angles = position[row] * sizes.rotated;
  let sharedKey = row * (sizes.latent + sizes.rotated) + sizes.latent;
  for (var i = lane; i < sizes.heads * keyDim; i += LANES) {
    let head = i / keyDim;
    let column = i % keyDim;
    let at = row * sizes.heads * keyDim + i;
    if (column < sizes.nope) {
      keys[at] = expanded[(row * sizes.heads + head) * part + column];
      queries[at] = q[at];
    } else {
      let c = column - sizes.nope;
      let even = c - c % 2u;
      let own = at - c % 2u;
      keys[at] = rotated(vec2f(compressed[sharedKey + even], compressed[sharedKey + even + 1u]), angles + even, c);
      queries[at] = rotated(vec2f(q[own], q[own + 1u]), angles + even, c);
    }
  }
  for (var i = lane; i < sizes.heads * sizes.valueDim; i += LANES) {
    let head = i / sizes.valueDim;
    values[row * sizes.heads * sizes.valueDim + i] =
      expanded[(row * sizes.heads + head) * part + sizes.nope + i % sizes.valueDim];
  }
}
