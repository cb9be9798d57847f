// What a GPU moves at most: 4 times 16 bytes an invocation, read once and written once.
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.x + group.y * 65535u) * 1024u + lane;
  for (var each = 0u; each < 4u; each++) {
    let i = first + each * 256u;
    if (i < arrayLength(&copied)) { copied[i] = source[i]; }
  }
}
