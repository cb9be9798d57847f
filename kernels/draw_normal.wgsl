// Normal numbers drawn from a seed: out[first + i] = deviation * z(stream, place of i), the same on every machine but
// for the rounding of its log and cos. Uniform bits: PCG hash (Jarzynski and Olano, 2020) of stream and index; normal:
// Box and Muller (1958). Values are those of a part of a matrix of `cols` columns: rows from `firstRow` on, `ownCols`
// columns from `firstCol` on; each depends on its place in the whole matrix alone. out [first + rows]. rows counts
// values.
struct Sizes { rows: u32, first: u32, stream: u32, cols: u32, firstRow: u32, firstCol: u32, ownCols: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

fn hash(v: u32) -> u32 {
  let state = v * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * 65535u) * 64u + lane;
  if (i >= sizes.rows) { return; }
  let place = (sizes.firstRow + i / sizes.ownCols) * sizes.cols + sizes.firstCol + i % sizes.ownCols;
  let a = hash(hash(sizes.stream) ^ place);
  let b = hash(a ^ 0x9e3779b9u);
  let u = (f32(a >> 8u) + 1.0) / 16777216.0; // (0, 1]
  let v = f32(b >> 8u) / 16777216.0;
  out[sizes.first + i] = sizes.scale * sqrt(-2.0 * log(u)) * cos(6.2831853 * v);
}
