import { argmax } from '../../statistics/numbers';

/** How the next token is chosen. Temperature 0 is greedy; topK 0 and topP 1 leave nothing out. */
type Sampling = { readonly temperature: number; readonly topK: number; readonly topP: number };

/**
 * A token drawn from softmax(logits / temperature) over the topK most likely, of these the fewest that together have
 * probability topP (nucleus sampling, Holtzman et al., 2020). `random` gives numbers in [0, 1).
 */
export function sample(logits: Float32Array, { temperature, topK, topP }: Sampling, random: () => number): number {
  if (temperature === 0) return argmax(logits);
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const candidates = topK > 0 ? order.slice(0, topK) : order;
  const highest = logits[candidates[0]!]!;
  const weights = candidates.map((id) => Math.exp((logits[id]! - highest) / temperature));
  const total = sum(weights);
  let kept = 0;
  for (let within = 0; kept < weights.length && within < topP * total; kept++) within += weights[kept]!;
  let at = random() * sum(weights.slice(0, kept));
  for (let i = 0; i < kept; i++) {
    at -= weights[i]!;
    if (at < 0) return candidates[i]!;
  }
  return candidates[Math.max(0, kept - 1)]!;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
