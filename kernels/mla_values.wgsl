// Values out of attention over latents: since value = expand * latent, a head's weighted sum of values is expand times
// its weighted sum of latents (mla_query.wgsl). Per token and head out[v] = sum over l of expand[nope + v, l] * x[l].
// x [rows, heads * latent]; expand [heads * (nope + valueDim), latent], of which a head's last `valueDim` rows are
// read; out [rows, heads * valueDim]. A workgroup a token and head.
struct Sizes { rows: u32, heads: u32, nope: u32, valueDim: u32, latent: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> expand: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  let head = group.z;
  let source = (row * sizes.heads + head) * sizes.latent;
  for (var v = lane; v < sizes.valueDim; v += 64u) {
    let matrix = (head * (sizes.nope + sizes.valueDim) + sizes.nope + v) * sizes.latent;
    var sum = 0.0;
    for (var l = 0u; l < sizes.latent; l++) { sum += expand[matrix + l] * x[source + l]; }
    out[(row * sizes.heads + head) * sizes.valueDim + v] = sum;
  }
}
