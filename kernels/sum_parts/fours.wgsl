// Sums of parts (sum_parts/any.wgsl), four columns at a time: width is a multiple of four. An invocation does one four,
// so that many parts of few values, a weight's gradient, keep the GPU busy, too.
// include common/bf16.wgsl
struct Sizes { rows: u32, width: u32, parts: u32, packed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let fours = sizes.rows * (sizes.width / 4u);
  let i = (group.x + group.y * 65535u) * 128u + lane;
  if (i >= fours) { return; }
  var sum = vec4f();
  if (sizes.packed == 1u) {
    for (var part = 0u; part < sizes.parts; part++) { sum += unpackFour(x[part * fours + i]); }
  } else {
    for (var part = 0u; part < sizes.parts; part++) {
      let at = 2u * (part * fours + i);
      sum += vec4f(bitcast<vec2f>(x[at]), bitcast<vec2f>(x[at + 1u]));
    }
  }
  out[i] = sum;
}
