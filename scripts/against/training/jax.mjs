// One training step of jax-js:
// node scripts/against/training/jax.mjs [--tiny] [--steps N] [--batch N] [--groups N]
//
// All of it (forward, backward, AdamW) is one jitted function, on the whole batch at once. AdamW is written out here:
// the library's own optimizers are another package. Nothing clips the gradient's norm.
//
// A weight's gradient sums over all tokens, and the library computes it in one kernel with a thread for 16 of its
// values: too few threads for a large GPU, as the weights are small. With `--groups N` the tokens lie in N groups, each
// of which has its own sum, and another kernel adds those. Which N is quickest depends on the GPU: try 1, 8, 16 and 32.
//
// A batch of 64 takes about 21 GB, as one jitted call has all its buffers at once. The library keeps no buffer of over
// 64 MiB for the next step; with `--batch 32` none is so large, so try that too and compare tokens a second.
import { device } from './dawn.mjs';
import { ADAMW, count, randomFrom, read, time, tokens } from './shape.mjs';

// Its einsum calls two methods of iterators that Node has from 22 on.
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
iterators.map ??= function* (change) {
  for (const value of this) yield change(value);
};
iterators.filter ??= function* (keeps) {
  for (const value of this) if (keeps(value)) yield value;
};

const { shape, steps, values } = read({ groups: { type: 'string' } });
const groups = count('groups', values.groups ?? '1');
if ((shape.batch * shape.length) % groups) throw new Error(`The batch does not fill ${groups} equal groups.`);
const { defaultDevice, init, jit, nn, numpy: np, tree, valueAndGrad } = await import('@jax-js/jax');
await init('webgpu');
defaultDevice('webgpu');

const { vocabulary, width, layers, heads, inner, length, batch } = shape;
const size = width / heads;

const random = randomFrom(2);
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** A weight that begins with random values, as [inputs, outputs]. */
function weight(rows, cols, deviation = 0.02) {
  const data = Float32Array.from({ length: rows * cols }, () => gauss() * deviation);
  return np.array(data, { shape: [rows, cols] });
}
const ones = () => np.array(new Float32Array(width).fill(1));

function initial() {
  // What a layer adds to the residual stream begins smaller, as there are two such sums in each layer.
  const small = 0.02 / Math.sqrt(2 * layers);
  const layer = () => ({
    attentionNorm: ones(),
    query: weight(width, width),
    key: weight(width, width),
    value: weight(width, width),
    out: weight(width, width, small),
    mlpNorm: ones(),
    gate: weight(width, inner),
    up: weight(width, inner),
    down: weight(inner, width, small),
  });
  return {
    embedding: weight(vocabulary, width),
    layers: Array.from({ length: layers }, layer),
    norm: ones(),
    head: weight(width, vocabulary),
  };
}

/** RoPE's cosines and signed sines, as [length, 1, 2, size / 2]: the two halves of a head turn against each other. */
function rotations() {
  const half = size / 2;
  const angle = (place, i) => place * 10000 ** (-i / half);
  const fill = (value) =>
    Float32Array.from({ length: length * size }, (_, at) => {
      const [place, within] = [Math.floor(at / size), at % size];
      return value(angle(place, within % half), within < half);
    });
  const cos = fill((turn) => Math.cos(turn));
  const sin = fill((turn, first) => (first ? -Math.sin(turn) : Math.sin(turn)));
  const shape = [length, 1, 2, half];
  return { cos: np.array(cos, { shape }), sin: np.array(sin, { shape }) };
}

// Every function below uses up the arrays that it is given, as the library wants it: `.ref` keeps one for later.

function rmsNorm(x, scale) {
  const square = np.mean(np.square(x.ref), -1, { keepdims: true });
  const normal = x.mul(np.reciprocal(np.sqrt(square.add(1e-5))));
  if (groups === 1) return normal.mul(scale);
  const each = np.broadcastTo(scale, [groups, 1, width]);
  return normal.reshape([groups, -1, width]).mul(each).reshape([-1, width]);
}

/** x [tokens, inputs] · weight [inputs, outputs]. */
function product(x, weight) {
  if (groups === 1) return np.matmul(x, weight);
  const [inputs, outputs] = weight.shape;
  const each = np.broadcastTo(weight, [groups, inputs, outputs]);
  return np.matmul(x.reshape([groups, -1, inputs]), each).reshape([-1, outputs]);
}

function rotate(x, cos, sin) {
  const halves = x.reshape([batch, length, heads, 2, size / 2]);
  const turned = halves.ref.mul(cos).add(np.flip(halves, 3).mul(sin));
  return turned.reshape([batch, length, heads, size]);
}

function attention(x, layer, { cos, sin }) {
  const split = (y) => y.reshape([batch, length, heads, size]);
  const query = rotate(split(product(x.ref, layer.query)), cos.ref, sin.ref);
  const key = rotate(split(product(x.ref, layer.key)), cos, sin);
  const value = split(product(x, layer.value));
  const mixed = nn.dotProductAttention(query, key, value, { isCausal: true });
  return product(mixed.reshape([batch * length, width]), layer.out);
}

function mlp(x, layer) {
  const gate = nn.silu(product(x.ref, layer.gate));
  return product(gate.mul(product(x, layer.up)), layer.down);
}

/** Mean cross-entropy. The tokens' rows are [batch · length, …] all along, so each product is one of two matrices. */
function loss(weights, inputs, targets, rope) {
  let x = np.take(weights.embedding, inputs, 0);
  for (const layer of weights.layers) {
    x = x.ref.add(attention(rmsNorm(x, layer.attentionNorm), layer, tree.ref(rope)));
    x = x.ref.add(mlp(rmsNorm(x, layer.mlpNorm), layer));
  }
  tree.dispose(rope);
  const logits = product(rmsNorm(x, weights.norm), weights.head);
  // A comparison picks the targets' logits within a kernel: a gather would need a scatter backward.
  const wanted = np.arange(vocabulary).equal(targets.reshape([batch * length, 1]));
  const picked = np.where(wanted, logits.ref, 0).sum(-1);
  return np.mean(nn.logsumexp(logits, -1).sub(picked));
}

/** `rates` holds what changes from step to step: 1 / (1 - beta ** step) for both of AdamW's averages. */
const train = jit((weights, means, squares, rates, inputs, targets, rope) => {
  const [value, gradients] = valueAndGrad(loss)(tree.ref(weights), inputs, targets, rope);
  const newMeans = tree.map((m, g) => m.mul(ADAMW.beta1).add(g.mul(1 - ADAMW.beta1)), means, tree.ref(gradients));
  const newSquares = tree.map((v, g) => v.mul(ADAMW.beta2).add(np.square(g).mul(1 - ADAMW.beta2)), squares, gradients);
  const update = (w, m, v) => {
    // As in the other library, norms' scales do not decay.
    const decay = w.ndim > 1 ? ADAMW.rate * ADAMW.decay : 0;
    const root = np.sqrt(v.mul(rates.square.ref)).add(ADAMW.epsilon);
    const move = m.mul(rates.mean.ref).mul(ADAMW.rate).mul(np.reciprocal(root));
    return w.mul(1 - decay).sub(move);
  };
  const newWeights = tree.map(update, weights, tree.ref(newMeans), tree.ref(newSquares));
  tree.dispose(rates);
  return { loss: value, weights: newWeights, means: newMeans, squares: newSquares };
});

let weights = initial();
const zeros = (w) => np.array(new Float32Array(w.size), { shape: w.shape });
let means = tree.map(zeros, weights);
let squares = tree.map(zeros, weights);
const ids = tokens(shape);
const inputs = np.array(Int32Array.from(ids.inputs));
const targets = np.array(Int32Array.from(ids.targets));
const rope = rotations();
const parameters = tree.leaves(weights).reduce((sum, w) => sum + w.size, 0);

let done = 0;
async function step() {
  done++;
  const rates = {
    mean: np.array(new Float32Array([1 / (1 - ADAMW.beta1 ** done)])),
    square: np.array(new Float32Array([1 / (1 - ADAMW.beta2 ** done)])),
  };
  const out = train(weights, means, squares, rates, inputs.ref, targets.ref, tree.ref(rope));
  ({ weights, means, squares } = out);
  // The library computes what one jitted call returns all together, so this waits for the update too.
  const [value] = await out.loss.data();
  return value;
}

await time({
  name: `jax-js on ${device}`,
  shape,
  steps,
  parameters,
  batch: `${batch} × ${length}, head untied`,
  step,
});
// Dawn keeps the process alive otherwise.
process.exit(0);
