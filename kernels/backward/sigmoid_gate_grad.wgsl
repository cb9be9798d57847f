// Gradients of gated attention output, out = x sigmoid(gate): all [rows, width].
// include common/each.wgsl
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gate: array<f32>;
@group(0) @binding(3) var<storage, read> dOut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;
@group(0) @binding(5) var<storage, read_write> dGate: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let s = 1.0 / (1.0 + exp(-gate[i]));
  dX[i] = dOut[i] * s;
  dGate[i] = dOut[i] * x[i] * s * (1.0 - s);
}
