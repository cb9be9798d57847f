// Keys and values of multi-head latent attention (DeepSeek-V2, 2024): key = [its own part of `expanded`, the rotated
// part shared by all heads], value = the rest of `expanded`.
// expanded [rows, heads * (nope + valueDim)]; compressed [rows, latent + rotated], whose last `rotated` columns are
// the shared key before its rotation; position [rows]; table [positions, rotated] as in rope.wgsl, pairs interleaved;
// keys [rows, heads * (nope + rotated)]; values [rows, heads * valueDim].
struct Sizes { rows: u32, heads: u32, nope: u32, rotated: u32, valueDim: u32, latent: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> expanded: array<f32>;
@group(0) @binding(2) var<storage, read> compressed: array<f32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read> table: array<f32>;
@group(0) @binding(5) var<storage, read_write> keys: array<f32>;
@group(0) @binding(6) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let part = sizes.nope + sizes.rotated + sizes.valueDim;
  let i = (group.x + group.y * 65535u) * 64u + lane;
  if (i >= sizes.rows * sizes.heads * part) { return; }
  let rowHead = i / part;
  let row = rowHead / sizes.heads;
  let column = i % part;
  let source = rowHead * (sizes.nope + sizes.valueDim);
  let keyDim = sizes.nope + sizes.rotated;
  if (column < sizes.nope) {
    keys[rowHead * keyDim + column] = expanded[source + column];
  } else if (column < keyDim) {
    let c = column - sizes.nope;
    let pair = c / 2u;
    let shared0 = row * (sizes.latent + sizes.rotated) + sizes.latent + 2u * pair;
    let entry = position[row] * sizes.rotated + 2u * pair;
    let a = compressed[shared0];
    let b = compressed[shared0 + 1u];
    let rotated = select(a * table[entry + 1u] + b * table[entry], a * table[entry] - b * table[entry + 1u], c % 2u == 0u);
    keys[rowHead * keyDim + column] = rotated;
  } else {
    let c = column - keyDim;
    values[rowHead * sizes.valueDim + c] = expanded[source + sizes.nope + c];
  }
}
