// A pass over `count()` elements, each of which `element(i)` computes: both are of the kernel that includes this.
// 256 invocations do four elements each, 256 apart.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.x + group.y * 65535u) * 1024u + lane;
  let end = count();
  for (var each = 0u; each < 4u; each++) {
    let i = first + each * 256u;
    if (i < end) { element(i); }
  }
}
