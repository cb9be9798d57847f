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
  sumOfValues(stream, valuesOf(stream, terms), layer);

/** The values that bring terms, each once. */
const valuesOf = ({ values }: Stream, terms: readonly Term[]): string[] => [
  ...new Set(terms.map((term) => values.get(term)!)),
];

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

/** The same, normalised with a weight. A sum that is not there yet is added up on the way. */
export function normOf(stream: Stream, terms: readonly Term[], weight: string, place: Place): string {
  const { build, width, eps, sums, norms } = stream;
  const values = valuesOf(stream, terms);
  const key = `${weight} ${values.join('+')}`;
  const known = norms.get(key);
  if (known) return known;
  const rows = 'tokens';
  const output = { name: `norm.${norms.size}`, rows, cols: width };
  let norm: string;
  if (values.length === 1 || sums.has(values.join('+'))) {
    const call = { kernel: 'rmsnorm', sizes: { rows, width, stride: width, eps } } as const;
    norm = build.compute(place, 'norm', call, { inputs: [sumOfValues(stream, values, place.layer), weight] }, output);
  } else {
    // Two are added at once where the sum of all before them is what is there.
    const terms = values.length > 2 && !sums.has(values.slice(0, -1).join('+')) ? 3 : 2;
    const rest = sumOfValues(stream, values.slice(0, 1 - terms), place.layer);
    const added = terms === 3 ? values.slice(-2) : [values.at(-1)!, values.at(-1)!];
    const call = { kernel: 'add_rmsnorm', sizes: { rows, width, terms, eps } } as const;
    const sum = { name: `sum.${sums.size}`, rows, cols: width };
    const inputs = [rest, ...added, weight];
    sums.set(values.join('+'), build.compute(place, 'add, norm', call, { inputs }, sum, output));
    norm = output.name;
  }
  norms.set(key, norm);
  return norm;
}
