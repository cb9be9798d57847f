import { parseArgs } from 'node:util';

/** The model and the batch of the comparison: a dense Llama-like model of about 9 million parameters, in f32. */
const FULL = { vocabulary: 1024, width: 256, layers: 8, heads: 8, inner: 1024, length: 256, batch: 64 };

/** As many kinds of layers, small enough for a GPU in software. */
const TINY = { vocabulary: 64, width: 64, layers: 2, heads: 2, inner: 256, length: 32, batch: 4 };

/** AdamW's settings, the same in both libraries. */
export const ADAMW = { rate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: 0.1 };

const WARM_UP = 3;

/** Reads the command line: `--tiny`, `--steps N`, `--batch N` and what else the script takes. */
export function read(options = {}) {
  const { values } = parseArgs({
    options: { tiny: { type: 'boolean' }, steps: { type: 'string' }, batch: { type: 'string' }, ...options },
  });
  const shape = { ...(values.tiny ? TINY : FULL) };
  if (values.batch) shape.batch = count('batch', values.batch);
  return { shape, steps: count('steps', values.steps ?? '10'), values };
}

/** A whole number above 0 that an option gives. */
export function count(name, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number above 0, not ${text}.`);
  return number;
}

/** Random numbers from 0 up to 1, the same in every run. */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One batch of random ids, and for each the id that follows it: trained on again and again, so the loss must fall. */
export function tokens({ vocabulary, length, batch }) {
  const random = randomFrom(1);
  const inputs = new Uint32Array(batch * length);
  const targets = new Uint32Array(batch * length);
  for (let sequence = 0; sequence < batch; sequence++) {
    const ids = Array.from({ length: length + 1 }, () => Math.floor(random() * vocabulary));
    inputs.set(ids.slice(0, -1), sequence * length);
    targets.set(ids.slice(1), sequence * length);
  }
  return { inputs, targets };
}

/** Runs `step` (which resolves to the loss when the GPU is done with all of it) and prints how long it takes. */
export async function time({ name, shape, steps, parameters, batch, step }) {
  const first = await step();
  for (let i = 1; i < WARM_UP; i++) await step();
  const times = [];
  let last = first;
  for (let i = 0; i < steps; i++) {
    const begin = performance.now();
    last = await step();
    times.push(performance.now() - begin);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const median = (sorted[(steps - 1) >> 1] + sorted[steps >> 1]) / 2;
  const rate = Math.round((shape.batch * shape.length) / (median / 1000));
  process.stdout.write(
    `${name}: ${median.toFixed(1)} ms a step (median of ${steps}), ${rate.toLocaleString('en')} tokens a second, ` +
      `loss ${first.toFixed(4)} → ${last.toFixed(4)}, ${parameters.toLocaleString('en')} parameters, batch ${batch}\n`,
  );
  if (!(last < first)) throw new Error(`${name} does not train: its loss went from ${first} to ${last}.`);
}
