// The sums of a tile of 32 rows and 64 columns of x * weight^T: 4 x 8 values an invocation of 8 x 8, of columns 32
// further in `more`, 32 columns of `inner` at a time. The kernel says xAt(line, k) and weightAt(line, k): lines of the
// tile, also beyond the last, which they may repeat; beyond the last k, x is zero (and weights are finite).
const ROWS = 32u;
const DEPTH = 32u;
// Each entry holds 4 lines (of x or of weight) at one depth.
var<workgroup> xTile: array<vec4f, 256>;
var<workgroup> wTile: array<vec4f, 512>;

struct Sums { own: array<vec4f, 4>, more: array<vec4f, 4> }

fn sumTile(inner: u32, local: vec3u, lane: u32) -> Sums {
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var more0 = vec4f();
  var more1 = vec4f();
  var more2 = vec4f();
  var more3 = vec4f();
  for (var k0 = 0u; k0 < inner; k0 += DEPTH) {
    for (var i = lane; i < 8u * DEPTH; i += 64u) {
      let k = k0 + i % DEPTH;
      let line = i / DEPTH * 4u;
      xTile[i % DEPTH * 8u + i / DEPTH] = vec4f(xAt(line, k), xAt(line + 1u, k), xAt(line + 2u, k), xAt(line + 3u, k));
    }
    for (var i = lane; i < 16u * DEPTH; i += 64u) {
      let k = k0 + i % DEPTH;
      let line = i / DEPTH * 4u;
      wTile[i % DEPTH * 16u + i / DEPTH] =
        vec4f(weightAt(line, k), weightAt(line + 1u, k), weightAt(line + 2u, k), weightAt(line + 3u, k));
    }
    workgroupBarrier();
    for (var depth = 0u; depth < DEPTH; depth++) {
      let a = xTile[depth * 8u + local.y];
      let b = wTile[depth * 16u + local.x];
      let c = wTile[depth * 16u + 8u + local.x];
      sum0 += a.x * b;
      sum1 += a.y * b;
      sum2 += a.z * b;
      sum3 += a.w * b;
      more0 += a.x * c;
      more1 += a.y * c;
      more2 += a.z * c;
      more3 += a.w * c;
    }
    workgroupBarrier();
  }
  return Sums(array(sum0, sum1, sum2, sum3), array(more0, more1, more2, more3));
}
