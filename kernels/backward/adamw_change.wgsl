// As adamw.wgsl, of a rank's shard of many weights: what they are to change by but for their decay. gradient, change,
// mean and square [rows, width]; step as there.
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, beta1: f32, beta2: f32, eps: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> step: array<f32>;
@group(0) @binding(3) var<storage, read_write> change: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> square: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let g = gradient[i] * step[3];
  let m = mean[i] + (g - mean[i]) * (1.0 - sizes.beta1);
  let s = square[i] * sizes.beta2 + g * g * (1.0 - sizes.beta2);
  mean[i] = m;
  square[i] = s;
  change[i] = -step[0] / step[1] * m / (sqrt(s) / sqrt(step[2]) + sizes.eps);
}
