// Gradient of SwiGLU: out = silu(gate) up. pre [rows, 2 width], a row's gates and then its up projections; dOut [rows,
// width]; dPre as pre.
// include common/each.wgsl
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> pre: array<f32>;
@group(0) @binding(2) var<storage, read> dOut: array<f32>;
@group(0) @binding(3) var<storage, read_write> dPre: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let at = i / sizes.width * 2u * sizes.width + i % sizes.width;
  let gate = pre[at];
  let up = pre[at + sizes.width];
  let s = 1.0 / (1.0 + exp(-gate));
  dPre[at] = dOut[i] * up * s * (1.0 + gate * (1.0 - s));
  dPre[at + sizes.width] = dOut[i] * gate * s;
}
