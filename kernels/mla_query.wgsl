// Queries against the compressed cache of multi-head latent attention: since key = expand * latent, a head's product
// q . key is (expand^T q) . latent (the absorbed form of DeepSeek-V2, 2024). Per token and head
// out = [sum over n of q[n] * expand[n, :], the last part of q, rotated].
// q [rows, heads * (nope + rotated)]; expand [heads * (nope + valueDim), latent], of which a head's first `nope` rows
// are read; position [rows]; table [positions, rotated] as in rope.wgsl, pairs interleaved; out [rows, heads *
// (latent + rotated)]. A workgroup a token and head.
struct Sizes { rows: u32, heads: u32, nope: u32, rotated: u32, valueDim: u32, latent: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> expand: array<f32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read> table: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let head = group.z;
  let source = (row * sizes.heads + head) * (sizes.nope + sizes.rotated);
  let to = (row * sizes.heads + head) * (sizes.latent + sizes.rotated);
  let matrix = head * (sizes.nope + sizes.valueDim) * sizes.latent;
  for (var column = lane; column < sizes.latent; column += 64u) {
    var sum = 0.0;
    for (var n = 0u; n < sizes.nope; n++) { sum += q[source + n] * expand[matrix + n * sizes.latent + column]; }
    out[to + column] = sum;
  }
  for (var pair = lane; pair < sizes.rotated / 2u; pair += 64u) {
    let entry = position[row] * sizes.rotated + 2u * pair;
    let cosine = table[entry];
    let sine = table[entry + 1u];
    let a = q[source + sizes.nope + 2u * pair];
    let b = q[source + sizes.nope + 2u * pair + 1u];
    out[to + sizes.latent + 2u * pair] = a * cosine - b * sine;
    out[to + sizes.latent + 2u * pair + 1u] = a * sine + b * cosine;
  }
}
