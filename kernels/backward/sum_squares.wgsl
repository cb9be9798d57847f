// Row `at` of parts [.., 256]: 256 sums whose sum is scale x that of the squares of x [rows, width]. A workgroup
// a sum, as far as there are any; the first writes zeros for the others.
struct Sizes { rows: u32, width: u32, at: u32, scale: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;

const LANES = 256u;
const SUMS = 256u;
var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let end = sizes.rows * sizes.width;
  var sum = 0.0;
  for (var i = group.x * LANES + lane; i < end; i += groups.x * LANES) { sum += x[i] * x[i]; }
  sums[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u) { parts[sizes.at * SUMS + group.x] = sizes.scale * sums[0]; }
  if (group.x == 0u && lane >= groups.x) { parts[sizes.at * SUMS + lane] = 0.0; }
}
