var<workgroup> owned: array<vec2u, 256>;
var<workgroup> ofSixteen: array<vec2u, 16>;

// Sums of two numbers over the invocations of a workgroup of 256: of those before this one (xy), and of all (zw).
fn sumsBefore(own: vec2u, lane: u32) -> vec4u {
  owned[lane] = own;
  workgroupBarrier();
  if (lane < 16u) {
    var sum = vec2u();
    for (var i = 0u; i < 16u; i++) { sum += owned[lane * 16u + i]; }
    ofSixteen[lane] = sum;
  }
  workgroupBarrier();
  var before = vec2u();
  var all = vec2u();
  for (var i = 0u; i < 16u; i++) {
    if (i == lane / 16u) { before = all; }
    all += ofSixteen[i];
  }
  for (var i = lane - lane % 16u; i < lane; i++) { before += owned[i]; }
  return vec4u(before, all);
}
