// Gradient of rope.wgsl: the last `rotated` columns of each head turned back. dOut and dX [rows, heads * headDim];
// position, table and interleaved as there.
struct Sizes { rows: u32, heads: u32, headDim: u32, rotated: u32, interleaved: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> position: array<u32>;
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * 65535u) * 64u + lane;
  let width = sizes.heads * sizes.headDim;
  if (i >= sizes.rows * width) { return; }
  let column = (i % width) % sizes.headDim;
  let kept = sizes.headDim - sizes.rotated;
  if (column < kept) {
    dX[i] = dOut[i];
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
    dX[i] = dOut[head + first] * cosine + dOut[head + second] * sine;
  } else {
    dX[i] = dOut[head + second] * cosine - dOut[head + first] * sine;
  }
}
