// Values for the wire, as bf16: word w of a row holds columns 2w and 2w + 1 (common/bf16.wgsl).
// x [rows, width]; out [rows, half of width rounded up].
// include common/bf16.wgsl
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * 65535u) * 64u + lane;
  let words = (sizes.width + 1u) / 2u;
  if (i >= sizes.rows * words) { return; }
  let column = 2u * (i % words);
  let at = (i / words) * sizes.width + column;
  var odd = 0.0;
  if (column + 1u < sizes.width) { odd = x[at + 1u]; }
  out[i] = packBf16(x[at], odd);
}
