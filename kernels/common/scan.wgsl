var<workgroup> scanned: array<u32, 256>;

// Sums over the invocations of a workgroup of 256 (Hillis and Steele, 1986): of those before this one, and of all.
fn sumBefore(own: u32, lane: u32) -> vec2u {
  workgroupBarrier();
  scanned[lane] = own;
  workgroupBarrier();
  for (var step = 1u; step < 256u; step *= 2u) {
    var sum = scanned[lane];
    if (lane >= step) { sum += scanned[lane - step]; }
    workgroupBarrier();
    scanned[lane] = sum;
    workgroupBarrier();
  }
  return vec2u(scanned[lane] - own, scanned[255]);
}
