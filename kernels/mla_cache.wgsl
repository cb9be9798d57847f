// Write the compressed cache of multi-head latent attention (DeepSeek-V2, 2024): for each token its normalised latent,
// then the key part that all heads share, rotated. Rows of other tokens stay as they are.
// normed [rows, latent]; compressed [rows, latent + rotated], whose last `rotated` columns are the shared key before
// its rotation; position and own [rows]; table [positions, rotated] as in rope.wgsl, pairs interleaved; cache [any,
// latent + rotated].
struct Sizes { rows: u32, latent: u32, rotated: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> normed: array<f32>;
@group(0) @binding(2) var<storage, read> compressed: array<f32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read> own: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<f32>;
@group(0) @binding(6) var<storage, read_write> cache: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let width = sizes.latent + sizes.rotated;
  let i = (group.x + group.y * 65535u) * 64u + lane;
  if (i >= sizes.rows * width) { return; }
  let row = i / width;
  let column = i % width;
  let target0 = own[row] * width + column;
  if (column < sizes.latent) {
    cache[target0] = normed[row * sizes.latent + column];
    return;
  }
  let c = column - sizes.latent;
  let first = i - c % 2u;
  let entry = position[row] * sizes.rotated + c - c % 2u;
  let cosine = table[entry];
  let sine = table[entry + 1u];
  let a = compressed[first];
  let b = compressed[first + 1u];
  cache[target0] = select(a * sine + b * cosine, a * cosine - b * sine, c % 2u == 0u);
}
