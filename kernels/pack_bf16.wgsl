// Two bf16 a word, for the wire: word w of a row holds columns 2w (low half) and 2w + 1, rounded to nearest, ties to even.
// x [rows, width]; out [rows, half of width rounded up].
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

fn bf16(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) { return 0x7fc0u; }
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * 65535u) * 64u + lane;
  let words = (sizes.width + 1u) / 2u;
  if (i >= sizes.rows * words) { return; }
  let column = 2u * (i % words);
  let at = (i / words) * sizes.width + column;
  var value = bf16(x[at]);
  if (column + 1u < sizes.width) { value |= bf16(x[at + 1u]) << 16u; }
  out[i] = value;
}
