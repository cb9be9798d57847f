// Gradients of mla_keys.wgsl, whose shapes these have: dKeys and dQueries [rows, heads * (nope + rotated)], dValues
// [rows, heads * valueDim]; dExpanded [rows, heads * (nope + valueDim)]; dCompressed [rows, latent + rotated], 0 but
// for the shared key, which all heads read; dQ as dQueries. A workgroup a token.
struct Sizes { rows: u32, heads: u32, nope: u32, rotated: u32, valueDim: u32, latent: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dKeys: array<f32>;
@group(0) @binding(2) var<storage, read> dValues: array<f32>;
@group(0) @binding(3) var<storage, read> dQueries: array<f32>;
@group(0) @binding(4) var<storage, read> position: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<f32>;
@group(0) @binding(6) var<storage, read_write> dExpanded: array<f32>;
@group(0) @binding(7) var<storage, read_write> dCompressed: array<f32>;
@group(0) @binding(8) var<storage, read_write> dQ: array<f32>;

const LANES = 128u;

// Of a pair, turned back: its first for even columns, its second for odd.
fn back(pair: vec2f, entry: u32, column: u32) -> f32 {
  let cosine = table[entry];
  let sine = table[entry + 1u];
  return select(pair.y * cosine - pair.x * sine, pair.x * cosine + pair.y * sine, column % 2u == 0u);
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let keyDim = sizes.nope + sizes.rotated;
  let part = sizes.nope + sizes.valueDim;
  let angles = position[row] * sizes.rotated;
  let ofRow = row * sizes.heads * keyDim;
  for (var i = lane; i < sizes.heads * keyDim; i += LANES) {
    let column = i % keyDim;
    if (column < sizes.nope) {
      dQ[ofRow + i] = dQueries[ofRow + i];
    } else {
      let c = column - sizes.nope;
      let own = ofRow + i - c % 2u;
      dQ[ofRow + i] = back(vec2f(dQueries[own], dQueries[own + 1u]), angles + c - c % 2u, c);
    }
  }
  for (var i = lane; i < sizes.heads * part; i += LANES) {
    let head = i / part;
    let column = i % part;
    var d = 0.0;
    if (column < sizes.nope) {
      d = dKeys[ofRow + head * keyDim + column];
    } else {
      d = dValues[(row * sizes.heads + head) * sizes.valueDim + column - sizes.nope];
    }
    dExpanded[row * sizes.heads * part + i] = d;
  }
  let compressed = sizes.latent + sizes.rotated;
  for (var i = lane; i < compressed; i += LANES) {
    var sum = 0.0;
    if (i >= sizes.latent) {
      let c = i - sizes.latent;
      let even = c - c % 2u;
      var pair = vec2f();
      for (var head = 0u; head < sizes.heads; head++) {
        let at = ofRow + head * keyDim + sizes.nope + even;
        pair += vec2f(dKeys[at], dKeys[at + 1u]);
      }
      sum = back(pair, angles + even, c);
    }
    dCompressed[row * compressed + i] = sum;
  }
}
