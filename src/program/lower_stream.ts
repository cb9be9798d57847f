import type { Term } from '../connectivity/connectivity';
import type { ModelSpec } from '../model/spec';
import type { Builder, Place } from './builder';

/** The residual stream as far as it is lowered: the values that bring its terms, and what was made of these. */
export type Stream = {
  readonly build: Builder;
  readonly width: number;
  readonly eps: number;
  /** The value that brings a term; terms that are reduced together have one. */
  readonly values: Map<Term, string>;
  /** The terms that a value brings, for names. */
  readonly labels: Map<string, string>;
  /** Sums made so far, by the values in them: a sum that two sub-blocks read is computed once. */
  readonly sums: Map<string, string>;
  /** Norms made so far, by weight and by what is normalised. */
  readonly norms: Map<string, string>;
};

export const newStream = (build: Builder, { hidden, normEps }: ModelSpec): Stream => ({
  build,
  width: hidden,
  eps: normEps,
  values: new Map(),
  labels: new Map(),
  sums: new Map(),
  norms: new Map(),
});

/** From now on a value [tokens, width] brings these terms. */
export function bring({ values, labels }: Stream, terms: readonly Term[], value: string): void {
  for (const term of terms) values.set(term, value);
  labels.set(value, terms.join(', '));
}

/** The sum of terms that were brought, [tokens, width]; computed in `layer` where it was not yet. */
export const sumOf = (stream: Stream, terms: readonly Term[], layer: number | null): string =>
  sumOfValues(stream, [...new Set(terms.map((term) => stream.values.get(term)!))], layer);

function sumOfValues(stream: Stream, values: readonly string[], layer: number | null): string {
  const { build, width, labels, sums } = stream;
  const last = values.at(-1)!;
  if (values.length === 1) return last;
  const known = sums.get(values.join('+'));
  if (known) return known;
  const rest = sumOfValues(stream, values.slice(0, -1), layer);
  const sum = build.compute(
    { block: 'residual', layer },
    `+ ${labels.get(last)}`,
    { kernel: 'add', sizes: { rows: 'tokens', width } },
    { inputs: [rest, last] },
    { name: `sum.${sums.size}`, rows: 'tokens', cols: width },
  );
  sums.set(values.join('+'), sum);
  return sum;
}

/** The same, normalised with a weight. */
export function normOf(stream: Stream, terms: readonly Term[], weight: string, place: Place): string {
  const { build, width, eps, norms } = stream;
  const sum = sumOf(stream, terms, place.layer);
  const known = norms.get(`${weight} ${sum}`);
  if (known) return known;
  const norm = build.compute(
    place,
    'norm',
    { kernel: 'rmsnorm', sizes: { rows: 'tokens', width, stride: width, eps } },
    { inputs: [sum, weight] },
    { name: `norm.${norms.size}`, rows: 'tokens', cols: width },
  );
  norms.set(`${weight} ${sum}`, norm);
  return norm;
}
