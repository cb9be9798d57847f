import type { Dim } from './dim';
import type { KernelCall } from './kernels';
import {
  type AllToAll,
  type Block,
  type Compute,
  type Exchange,
  exchangeSymbols,
  type KeptValue,
  type Operation,
  type Phase,
  type Program,
  type Shape,
  type Spread,
  type Value,
} from './program';

/** A value to be written; f32 unless it says otherwise. */
export type Written = { readonly name: string } & Omit<Shape, 'type'> & Partial<Pick<Shape, 'type'>>;
export type Place = { readonly block: Block; readonly layer: number | null };

/**
 * Collects a program's operations; each method answers the names of the values written. What is declared lies in the
 * builder's scope, and names are looked for there first, then in the scopes around it.
 */
export type Builder = {
  readonly input: (written: Written) => string;
  /** A value that each rank keeps of its own, zeros at first: a cache. */
  readonly keep: (written: Written) => string;
  readonly compute: (
    place: Place,
    name: string,
    call: KernelCall,
    reads: { inputs: readonly string[]; atMost?: true; after?: readonly string[] },
    ...outputs: (Written | string)[]
  ) => string;
  readonly exchange: (name: string, exchange: Exchange) => string;
  readonly allToAll: (op: Omit<AllToAll, 'kind' | 'id' | 'phase' | 'output'>, written: Written) => string;
  readonly spread: (op: Omit<Spread, 'id' | 'phase' | 'output'>, written: Written) => string;
  readonly columns: (name: string) => number;
  readonly shapeOf: (name: string) => Shape;
  /** A value that ranks keep. Throws where it is none. */
  readonly keptOf: (name: string) => KeptValue;
  /**
   * The same program, in a scope within this one: names and symbols of what is declared there begin with it
   * (`a/tokens`).
   */
  readonly within: (scope: string) => Builder;
  readonly finish: (outputs: readonly string[]) => Program;
};

/** Symbols that mean the same in every scope. */
const GLOBAL_SYMBOLS: ReadonlySet<string> = new Set(['rank', 'positions']);

/** The full name of what is declared in a scope, and that of a symbol there. */
export const scoped = (scope: string, name: string): string => (scope === '' ? name : `${scope}/${name}`);
export const scopedSymbol = (scope: string, name: string): string =>
  GLOBAL_SYMBOLS.has(name) ? name : scoped(scope, name);

/**
 * `kept`: values that ranks keep beside what the program declares; those that no operation reads are left out of it.
 */
export const programBuilder = (kept: readonly KeptValue[]): Builder =>
  builderIn('', {
    phase: 'forward',
    values: new Map(kept.map((value) => [value.name, value])),
    exchanges: new Map(),
    operations: [],
    inputs: [],
    batches: new Set(),
    symbols: new Set(),
  });

/** Adds to a program, whose own values and symbols are named in full, operations of a phase. */
export const builderOn = ({ values, exchanges, operations, inputs }: Program, phase: Phase): Builder =>
  builderIn('', {
    phase,
    values: new Map(values),
    exchanges: new Map(exchanges),
    operations: [...operations],
    inputs: [...inputs],
    batches: new Set(inputs.map((name) => scopeOf(name))),
    symbols: new Set([...exchanges.keys()].flatMap((name) => Object.values(exchangeSymbols(name)))),
  });

const scopeOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

type Collected = {
  readonly phase: Phase;
  readonly values: Map<string, Value>;
  readonly exchanges: Map<string, Exchange>;
  readonly operations: Operation[];
  readonly inputs: string[];
  /** Scopes with inputs of their own, and so with sizes of their own. */
  readonly batches: Set<string>;
  /** Full names of the symbols of all exchanges. */
  readonly symbols: Set<string>;
};

function builderIn(scope: string, collected: Collected): Builder {
  const { values, exchanges, operations, phase } = collected;
  const within = (name: string) => scoped(scope, name);
  /** This scope and those around it, the innermost first; the last is no scope at all. */
  const around = scopesAround(scope);
  /** A symbol is that of an exchange, or of the nearest scope that has inputs. */
  const symbolIn = (name: string): string =>
    collected.symbols.has(name)
      ? name
      : scopedSymbol(around.find((place) => collected.batches.has(place)) ?? scope, name);
  const dimIn = (dim: Dim): Dim =>
    typeof dim === 'number' ? dim : typeof dim === 'string' ? symbolIn(dim) : { ...dim, of: symbolIn(dim.of) };
  /** The full name of a value that was declared here, or else in the nearest scope around. */
  const known = (name: string): string => {
    const full = around.map((place) => scoped(place, name)).find((each) => values.has(each));
    if (full === undefined) throw new Error(`value ${name} is read before it is written`);
    return full;
  };
  const declare = (
    { name, rows, cols, type = 'f32' }: Written,
    lives: { lives: 'run' } | Pick<KeptValue, 'lives' | 'split' | 'origin'>,
  ) => {
    const full = within(name);
    if (values.has(full)) throw new Error(`value ${full} is written twice`);
    values.set(full, { name: full, rows: dimIn(rows), cols, type, ...lives });
    return full;
  };
  const write = (written: Written): string => declare(written, { lives: 'run' });
  const add = (op: Operation, output: string): string => {
    operations.push(op);
    return output;
  };
  return {
    input(written) {
      collected.batches.add(scope);
      const name = write(written);
      collected.inputs.push(name);
      return name;
    },
    keep: (written) => declare(written, { lives: 'kept', split: 'own', origin: 'zeros' }),
    compute(place, name, call, reads, ...written) {
      const sizes = Object.fromEntries(Object.entries<Dim>(call.sizes).map(([size, dim]) => [size, dimIn(dim)]));
      const inputs = reads.inputs.map(known);
      const outputs = written.map((output) => (typeof output === 'string' ? known(output) : write(output)));
      const op: Compute = {
        kind: 'compute',
        id: operations.length,
        name,
        phase,
        ...place,
        ...({ kernel: call.kernel, sizes } as unknown as KernelCall),
        inputs,
        outputs,
        ...(reads.atMost && { atMost: true }),
        ...(reads.after && { after: reads.after.map(known) }),
      };
      return add(op, outputs[0]!);
    },
    exchange(name, { counts, experts }) {
      const full = within(name);
      exchanges.set(full, { counts: known(counts), experts });
      for (const symbol of Object.values(exchangeSymbols(full))) collected.symbols.add(symbol);
      return full;
    },
    allToAll(op, written) {
      const input = known(op.input);
      const output = write(written);
      return add({ kind: 'all-to-all', id: operations.length, phase, ...op, input, output }, output);
    },
    spread(op, written) {
      const input = known(op.input);
      const output = write(written);
      return add({ id: operations.length, phase, ...op, input, output }, output);
    },
    columns: (name) => values.get(known(name))!.cols,
    shapeOf: (name) => values.get(known(name))!,
    keptOf(name) {
      const value = values.get(known(name))!;
      if (value.lives !== 'kept') throw new Error(`value ${name} is not kept`);
      return value;
    },
    within: (inner) => builderIn(scoped(scope, inner), collected),
    finish(outputs) {
      const used = new Set(
        operations.flatMap((op) => (op.kind === 'compute' ? [...op.inputs, ...op.outputs] : [op.input])),
      );
      const left = [...values].filter(([name, value]) => value.lives === 'run' || used.has(name));
      return { values: new Map(left), exchanges, operations, inputs: collected.inputs, outputs: outputs.map(known) };
    },
  };
}

function scopesAround(scope: string): string[] {
  const parts = scope === '' ? [] : scope.split('/');
  return [...parts.keys(), parts.length].map((count) => parts.slice(0, count).join('/')).reverse();
}
