import type { Builder, Place } from '../builder';
import type { KernelCall, KernelName } from '../kernels';
import { type Compute, type Operation, outputsOf, type Program } from '../program';

/**
 * Gradients while a program is walked backwards. A value's gradient has as many elements as what it holds; of a value
 * that is packed, those that are packed. What several readers contribute is added up once all have.
 *
 * Ranks that compute the same (`tp`, replicated weights) have parts of a gradient: its sum over the ranks is the
 * gradient. Losses are made so, too, and every rule is linear, so that holds throughout.
 */
export type Gradients = {
  readonly build: Builder;
  /** What is differentiated, and its operations by the values that they write. */
  readonly program: Program;
  /** Tokens of a rank, about, where they are known. */
  readonly tokens: number | null;
  readonly writers: ReadonlyMap<string, Operation>;
  /** Contributions to each value's gradient, names of values. */
  readonly parts: Map<string, string[]>;
  /** How many contributions to a value's gradient have a name. */
  readonly named: Map<string, number>;
  /** Of a value of as many parts as there are ranks, all of the same gradient: that of one. */
  readonly ofEach: Map<string, string>;
  /** What gradients were reduced to, or gathered, by their value and how: terms that are read together share one. */
  readonly moved: Map<string, string>;
  /** Gradients of the weights that travel beside what is dispatched, by the value that they travel in. */
  readonly ofSlots: Map<string, string>;
};

export const placeOf = ({ block, layer }: Operation): Place => ({ block, layer });

/** Adds a contribution, which already is there under a name. */
export function contribute({ parts }: Gradients, value: string, gradient: string): void {
  const known = parts.get(value);
  if (known) known.push(gradient);
  else parts.set(value, [gradient]);
}

/** The gradient of a value, all of whose readers have contributed; null where none has. */
export function gradientOf(gradients: Gradients, value: string, place: Place): string | null {
  const { build, parts } = gradients;
  const own = parts.get(value);
  if (!own || own.length === 0) return null;
  const sum = own.reduce((before, part, i) => {
    const { rows, cols } = build.shapeOf(part);
    return build.compute(
      place,
      'add gradients',
      { kernel: 'add', sizes: { rows, width: cols } },
      { inputs: [before, part] },
      { name: `${gradientName(value)}, sum ${i + 1}`, rows, cols },
    );
  });
  parts.set(value, [sum]);
  return sum;
}

export const gradientName = (value: string): string => `d ${value}`;

/** A new name for one more contribution to a value's gradient. */
export function contributionName({ named }: Gradients, value: string): string {
  const count = (named.get(value) ?? 0) + 1;
  named.set(value, count);
  return count === 1 ? gradientName(value) : `${gradientName(value)}, ${count}`;
}

/** The only output of an operation of one. */
export const outputOf = (op: Compute): string => outputsOf(op)[0]!;

/** The kernel that wrote a value. */
export function writerOf<K extends KernelName>(gradients: Gradients, value: string, kernel: K): Call<K> {
  const op = gradients.writers.get(value);
  if (op?.kind !== 'compute' || op.kernel !== kernel) throw new Error(`${value} is not written by ${kernel}`);
  return op as Call<K>;
}

/** An operation of one kernel. */
export type Call<K extends KernelName> = Compute & Extract<KernelCall, { readonly kernel: K }>;
