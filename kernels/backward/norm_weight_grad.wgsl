// Gradient of RMSNorm's weight: dWeight[c] = sum over rows of dOut x f. x rows of `stride`, factors [rows] (f of
// rmsnorm_grad.wgsl), dOut [rows, width], dWeight [parts, width], the sums of so many parts of the rows. A workgroup
// takes 8 columns of a part; 32 invocations share its rows, four at a time, and their sums are added in their order.
struct Sizes { rows: u32, width: u32, stride: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> factors: array<f32>;
@group(0) @binding(3) var<storage, read> dOut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dWeight: array<f32>;

const COLUMNS = 8u;
const SHARES = 32u;
var<workgroup> parts: array<f32, 256>;

fn product(row: u32, end: u32, column: u32) -> f32 {
  // Of rows beyond the last, what is the first's times 0.
  let known = select(0u, row, row < end);
  let factor = select(0.0, factors[known], row < end);
  return dOut[known * sizes.width + column] * x[known * sizes.stride + column] * factor;
}

@compute @workgroup_size(8, 32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * COLUMNS + local.x;
  let share = (sizes.rows + sizes.parts - 1u) / sizes.parts;
  let end = min(sizes.rows, (group.y + 1u) * share);
  var sum = vec4f();
  if (column < sizes.width) {
    for (var row = group.y * share + local.y; row < end; row += 4u * SHARES) {
      sum += vec4f(
        product(row, end, column),
        product(row + SHARES, end, column),
        product(row + 2u * SHARES, end, column),
        product(row + 3u * SHARES, end, column),
      );
    }
  }
  parts[local.y * COLUMNS + local.x] = (sum.x + sum.y) + (sum.z + sum.w);
  workgroupBarrier();
  if (local.y > 0u || column >= sizes.width) { return; }
  var total = 0.0;
  for (var i = 0u; i < SHARES; i++) { total += parts[i * COLUMNS + local.x]; }
  dWeight[group.y * sizes.width + column] = total;
}
