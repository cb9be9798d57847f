// A step of AdamW (Loshchilov and Hutter, 2019), as PyTorch computes it: the weight decays by rate x decay, then goes
// against mean / (sqrt(square) + eps), both of them running averages that count as if they had not begun at 0. The
// weight's gradient begins at element `at` of gradient; weight, mean and square [rows, width]; step: the rate,
// 1 - beta1^t and 1 - beta2^t at step t, and what gradients are multiplied by.
// include common/each.wgsl
struct Sizes { rows: u32, width: u32, at: u32, beta1: f32, beta2: f32, eps: f32, decay: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> step: array<f32>;
@group(0) @binding(3) var<storage, read_write> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> square: array<f32>;

fn count() -> u32 { return sizes.rows * sizes.width; }
fn element(i: u32) {
  let g = gradient[sizes.at + i] * step[3];
  let m = mean[i] + (g - mean[i]) * (1.0 - sizes.beta1);
  let s = square[i] * sizes.beta2 + g * g * (1.0 - sizes.beta2);
  mean[i] = m;
  square[i] = s;
  let size = sqrt(s) / sqrt(step[2]) + sizes.eps;
  weight[i] = weight[i] * (1.0 - step[0] * sizes.decay) - step[0] / step[1] * m / size;
}
