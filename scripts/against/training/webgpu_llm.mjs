// One training step of webgpu-llm: node scripts/against/training/webgpu_llm.mjs [--tiny] [--steps N] [--batch N]
// [--pack N] [--in-turn]
//
// The library takes no batch: a model has one window of tokens, and a batch is gradient accumulation over windows
// (`backward(tokens, true)`, then `step(settings, windows)`). Two things make that quick, and both are on by default:
// - A window holds `--pack` sequences, which the library's own mask between documents (`seg`) keeps apart. Larger
//   windows make larger matrix products and fewer kernels. RoPE then counts on through the window, which changes
//   nothing, as attention sees only differences of places. A window of over 1,024 tokens takes other kernels for
//   attention's backward pass, with atomic additions, and one of over 4,096 needs too large a buffer. Which `--pack` is
//   quickest depends on the GPU: try 1, 2, 4, 8 and 16.
// - No window's loss is awaited before the next window is handed to the GPU, which runs all in order anyway.
//   `--in-turn` awaits each call before the next one, as a plain loop would.
// The head is tied to the embedding, always; the gradient's norm is always clipped (here at a value that it never has).
import { device } from './dawn.mjs';
import { ADAMW, count, read, time, tokens } from './shape.mjs';

const { shape, steps, values } = read({ pack: { type: 'string' }, 'in-turn': { type: 'boolean' } });
const { LLMEngine, Model } = await import('webgpu-llm/llm');

const pack = count('pack', values.pack ?? '4');
const inTurn = values['in-turn'] ?? false;
const windows = shape.batch / pack;
if (!Number.isInteger(windows)) throw new Error(`A batch of ${shape.batch} does not fill windows of ${pack}.`);

const engine = await new LLMEngine().init();
// The README's `d_ff_mult` and `alloc()` are read by nothing: the sizes are these, and the buffers come in three parts.
const model = new Model(engine, {
  d_model: shape.width,
  n_heads: shape.heads,
  n_kv_heads: shape.heads,
  head_dim: shape.width / shape.heads,
  kv_dim: shape.width,
  n_layers: shape.layers,
  d_ff: shape.inner,
  activation: 'swiglu',
  vocab_size: shape.vocabulary,
  seq_len: pack * shape.length,
  rms_eps: 1e-5,
});
model.allocate();
model.allocActivations();
model.allocBackward();

const { inputs, targets } = tokens(shape);
const size = pack * shape.length;
const batch = Array.from({ length: windows }, (_, i) => ({
  inputs: inputs.slice(i * size, (i + 1) * size),
  targets: targets.slice(i * size, (i + 1) * size),
}));
// Where in its window the sequence of each token begins.
const starts = Uint32Array.from({ length: size }, (_, i) => i - (i % shape.length));
const settings = {
  lr: ADAMW.rate,
  beta1: ADAMW.beta1,
  beta2: ADAMW.beta2,
  adam_eps: ADAMW.epsilon,
  weight_decay: ADAMW.decay,
  grad_clip: 1e9,
};

async function step() {
  const calls = [];
  const losses = [];
  const call = (promise) => {
    calls.push(promise);
    return inTurn ? promise : undefined;
  };
  for (const [i, window] of batch.entries()) {
    const loss = model.forwardLoss(window.inputs, window.targets, starts);
    losses.push(loss);
    await call(loss);
    await call(model.backward(window.inputs, i > 0));
  }
  await call(model.step(settings, windows));
  await Promise.all(calls);
  // The last loss is there before the last backward pass and the update are.
  await engine.device.queue.onSubmittedWorkDone();
  const means = await Promise.all(losses);
  return means.reduce((sum, loss) => sum + loss, 0) / windows;
}

const way = `in windows of ${pack}, ${inTurn ? 'each awaited' : 'none awaited'}`;
await time({
  name: `webgpu-llm on ${device}`,
  shape,
  steps,
  parameters: model.paramLayout.total_size,
  batch: `${shape.batch} × ${shape.length} (${way}), head tied`,
  step,
});
// Dawn keeps the process alive otherwise.
process.exit(0);
