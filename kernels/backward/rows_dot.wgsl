// Of each row the product of two: out[r] = a[r, :] . b[r, :]. a and b [rows, width], out [rows]. A workgroup a row.
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * 65535u;
  if (row >= sizes.rows) { return; }
  var sum = 0.0;
  for (var c = lane; c < sizes.width; c += 64u) { sum += a[row * sizes.width + c] * b[row * sizes.width + c]; }
  parts[lane] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  workgroupBarrier();
  if (lane == 0u) { out[row] = parts[0]; }
}
