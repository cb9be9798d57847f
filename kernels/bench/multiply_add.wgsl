// What a GPU computes at most: 8 chains of multiply-adds an invocation, 4 wide, with nothing to load.
// The chains end near 1, so that no value overflows; the sum is stored, so that none is left out.
struct Sizes { rounds: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let half = vec4f(0.5);
  var c0 = vec4f(f32(id.x % 7u), 1.0, 2.0, 3.0);
  var c1 = c0 + 1.0;
  var c2 = c0 + 2.0;
  var c3 = c0 + 3.0;
  var c4 = c0 + 4.0;
  var c5 = c0 + 5.0;
  var c6 = c0 + 6.0;
  var c7 = c0 + 7.0;
  for (var round = 0u; round < sizes.rounds; round++) {
    for (var i = 0u; i < 4u; i++) {
      c0 = fma(c0, half, half);
      c1 = fma(c1, half, half);
      c2 = fma(c2, half, half);
      c3 = fma(c3, half, half);
      c4 = fma(c4, half, half);
      c5 = fma(c5, half, half);
      c6 = fma(c6, half, half);
      c7 = fma(c7, half, half);
    }
  }
  let sum = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7;
  out[id.x] = sum.x + sum.y + sum.z + sum.w;
}
