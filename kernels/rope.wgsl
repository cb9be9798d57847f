// Rotary position embedding (Su et al., 2021) of the last `rotated` columns of each head; the others are copied.
// x and out [rows, heads * headDim]; position [rows]; table [positions, rotated], cos and sin of each pair in turn.
// interleaved 1: the pair i is columns 2i and 2i + 1 (DeepSeek, Llama 4); 0: columns i and i + rotated / 2 (Mixtral,
// Qwen3).
struct Sizes { rows: u32, heads: u32, headDim: u32, rotated: u32, interleaved: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> position: array<u32>;
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * 65535u) * 64u + lane;
  let width = sizes.heads * sizes.headDim;
  if (i >= sizes.rows * width) { return; }
  let column = (i % width) % sizes.headDim;
  let kept = sizes.headDim - sizes.rotated;
  if (column < kept) {
    out[i] = x[i];
    return;
  }
  let c = column - kept;
  let half = sizes.rotated / 2u;
  let head = i - c;
  var pair = c % half;
  var first = pair;
  var second = pair + half;
  if (sizes.interleaved == 1u) {
    pair = c / 2u;
    first = 2u * pair;
    second = first + 1u;
  }
  let entry = position[i / width] * sizes.rotated + 2u * pair;
  let cosine = table[entry];
  let sine = table[entry + 1u];
  if (c == first) {
    out[i] = x[head + first] * cosine - x[head + second] * sine;
  } else {
    out[i] = x[head + first] * sine + x[head + second] * cosine;
  }
}
