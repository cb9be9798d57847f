/** What the kernels compute, written plainly in float64. */

export type Matrix = ArrayLike<number>;

/** x [rows, inner] · weight [cols, inner]ᵀ. */
export function product(x: Matrix, weight: Matrix, rows: number, inner: number, cols: number): Float64Array {
  const out = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++)
      for (let k = 0; k < inner; k++) out[r * cols + c]! += x[r * inner + k]! * weight[c * inner + k]!;
  return out;
}

export function rmsnorm(
  x: Matrix,
  weight: Matrix,
  rows: number,
  width: number,
  stride: number,
  eps: number,
): Float64Array {
  const out = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += x[r * stride + c]! ** 2;
    for (let c = 0; c < width; c++)
      out[r * width + c] = (weight[c]! * x[r * stride + c]!) / Math.sqrt(sum / width + eps);
  }
  return out;
}

export const swiglu = (x: Matrix, rows: number, width: number): Float64Array =>
  Float64Array.from({ length: rows * width }, (_, i) => {
    const row = Math.floor(i / width) * 2 * width;
    const gate = x[row + (i % width)]!;
    return (gate / (1 + Math.exp(-gate))) * x[row + width + (i % width)]!;
  });

/** Rotates the pairs of one head's columns by angle(position, pair), taken from a table of cos, sin. */
export function rotate(head: number[], position: number, table: Matrix, interleaved: boolean): number[] {
  const out = [...head];
  const half = head.length / 2;
  for (let pair = 0; pair < half; pair++) {
    const [i, j] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + half];
    const cosine = table[position * head.length + 2 * pair]!;
    const sine = table[position * head.length + 2 * pair + 1]!;
    out[i] = head[i]! * cosine - head[j]! * sine;
    out[j] = head[i]! * sine + head[j]! * cosine;
  }
  return out;
}

export type Attention = {
  rows: number;
  heads: number;
  kvHeads: number;
  keyDim: number;
  valueDim: number;
  valueStride: number;
  scale: number;
};

export function attention(q: Matrix, k: Matrix, v: Matrix, first: Matrix, own: Matrix, a: Attention): Float64Array {
  const out = new Float64Array(a.rows * a.heads * a.valueDim);
  for (let t = 0; t < a.rows; t++)
    for (let h = 0; h < a.heads; h++) {
      const kv = Math.floor(h / (a.heads / a.kvHeads));
      const scores: number[] = [];
      for (let s = first[t]!; s <= own[t]!; s++) {
        let score = 0;
        for (let c = 0; c < a.keyDim; c++)
          score += q[(t * a.heads + h) * a.keyDim + c]! * k[(s * a.kvHeads + kv) * a.keyDim + c]!;
        scores.push(score * a.scale);
      }
      const highest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - highest));
      const total = weights.reduce((x, y) => x + y, 0);
      weights.forEach((weight, i) => {
        for (let c = 0; c < a.valueDim; c++)
          out[(t * a.heads + h) * a.valueDim + c]! +=
            (weight / total) * v[(first[t]! + i) * a.valueStride + kv * a.valueDim + c]!;
      });
    }
  return out;
}

export type Router = {
  experts: number;
  topK: number;
  scoring: 'softmax' | 'sigmoid' | 'sigmoid with bias';
  groups: number;
  keptGroups: number;
  normalise: boolean;
  scale: number;
};

/**
 * Top-k of each row's scores within its best groups; the lower id wins a tie. Experts outside count as 0 with a bias.
 */
export function topK(logits: Matrix, bias: Matrix, rows: number, r: Router) {
  const ids: number[] = [];
  const weights: number[] = [];
  const size = r.experts / r.groups;
  const best = <T>(list: readonly T[], count: number, worth: (item: T) => number) =>
    list
      .map((item, i) => ({ item, i, value: worth(item) }))
      .sort((a, b) => b.value - a.value || a.i - b.i)
      .slice(0, count)
      .map(({ item }) => item);
  for (let row = 0; row < rows; row++) {
    const own = Array.from({ length: r.experts }, (_, e) => logits[row * r.experts + e]!);
    const highest = Math.max(...own);
    const total = own.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    const scores = own.map((logit) =>
      r.scoring === 'softmax' ? Math.exp(logit - highest) / total : 1 / (1 + Math.exp(-logit)),
    );
    const worth = r.scoring === 'sigmoid with bias' ? scores.map((score, e) => score + bias[e]!) : own;
    const groups = Array.from({ length: r.groups }, (_, g) => g);
    const kept = best(groups, r.keptGroups, (g) =>
      best(worth.slice(g * size, (g + 1) * size), r.scoring === 'sigmoid with bias' ? 2 : 1, (value) => value).reduce(
        (a, b) => a + b,
        0,
      ),
    );
    const outside = r.scoring === 'sigmoid with bias' ? 0 : Number.NEGATIVE_INFINITY;
    const chosen = best(
      own.map((_, e) => e),
      r.topK,
      (e) => (kept.includes(Math.floor(e / size)) ? worth[e]! : outside),
    );
    const sum = r.normalise ? chosen.reduce((a, e) => a + scores[e]!, 0) : 1;
    ids.push(...chosen);
    weights.push(...chosen.map((e) => (scores[e]! / sum) * r.scale));
  }
  return { ids, weights };
}

/** The nearest number of 8 significant bits; of two as near, the one that ends in 0. */
export function bf16(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 7);
  const scaled = Math.abs(value) / unit;
  const down = Math.floor(scaled);
  const up = scaled - down > 0.5 || (scaled - down === 0.5 && down % 2 === 1) ? down + 1 : down;
  const rounded = Math.sign(value) * up * unit;
  return Math.abs(rounded) >= 2 ** 128 ? Math.sign(value) * Number.POSITIVE_INFINITY : rounded;
}

/** Temperature 0 is greedy; topK 0 and topP 1 leave nothing out. */
export type Sampling = { readonly temperature: number; readonly topK: number; readonly topP: number };

/**
 * The token that `draw` in [0, 1) chooses, in the order of ids, of the topK most likely's nucleus; with those beside it
 * that a sum in single precision may choose instead.
 */
export function sample(logits: Matrix, { temperature, topK, topP }: Sampling, draw: number): number[] {
  const order = Array.from(logits, (logit, id) => ({ logit, id })).sort((a, b) => b.logit - a.logit || a.id - b.id);
  if (temperature === 0) return [order[0]!.id];
  const candidates = topK > 0 ? order.slice(0, topK) : order;
  const weighed = candidates.map(({ logit, id }) => ({ id, w: Math.exp((logit - order[0]!.logit) / temperature) }));
  const massOf = (all: readonly { readonly w: number }[]) => all.reduce((sum, { w }) => sum + w, 0);
  const wanted = topP * massOf(weighed);
  let within = 0;
  const kept = weighed.filter(({ w }) => {
    const isKept = within < wanted;
    within += w;
    return isKept;
  });
  const mass = massOf(kept);
  kept.sort((a, b) => a.id - b.id);
  const chosenAt = (target: number): number => {
    let at = target;
    for (const { id, w } of kept) {
      at -= w;
      if (at < 0) return id;
    }
    return kept.at(-1)!.id;
  };
  return [-1e-5, 0, 1e-5].map((off) => chosenAt((draw + off) * mass));
}
