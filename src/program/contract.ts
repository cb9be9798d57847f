import { colsOfRow, type ValueType, wordsOfRow } from '../model/value_type';

/**
 * A kernel is a contract: what it is told, what it reads and writes, what that takes. kernels/NAME.wgsl fulfils it, or
 * several files do (gpu/variants.ts). A size is a `u32` or an `f32` of its uniform struct, in this order; or the host
 * alone counts with it.
 */
export type SizeType = 'u32' | 'f32' | 'host';

/** What is bound to a kernel: how many elements of a type it touches (a `word` is any type of 32 bits). */
export type Operand = {
  readonly type: ValueType | 'word';
  /** At most, where counts vary. */
  readonly count: number;
  /**
   * null: the value bound has just these elements. A number: it has some rows of so many, of which `count` elements in
   * all are touched, as an embedding's table has a row for every word and only those of the tokens are read.
   */
  readonly rowsOf: number | null;
};

export type Contract<S extends Readonly<Record<string, SizeType>>> = {
  readonly sizes: S;
  /** Its bindings after the sizes: what it reads, then what it writes. */
  readonly inputs: (s: Numbers<S>) => readonly Operand[];
  readonly outputs: (s: Numbers<S>) => readonly Operand[];
  /** Floating-point operations; the products alone where there are any. */
  readonly flops: (s: Numbers<S>) => number;
  /** Whether there is anything to do: a rank without rows writes values without rows. */
  readonly hasWork: (s: Numbers<S>) => boolean;
};
export type Numbers<S> = { readonly [K in keyof S]: number };

const operand =
  (type: Operand['type']) =>
  (count: number, rowsOf: number | null = null): Operand => ({ type, count, rowsOf });
export const f32 = operand('f32');
export const u32 = operand('u32');
export const bf16 = operand('bf16');
export const word = operand('word');
/** Values as they lie on the wire: f32, or pairs of bf16 in whole words. */
export const onWire = (packed: number, rows: number, width: number): Operand =>
  packed ? bf16(rows * colsOfRow(width, 'bf16')) : f32(rows * width);
export const wordsOf = (packed: number, width: number): number => wordsOfRow(width, packed ? 'bf16' : 'f32');

export const NOTHING = () => 0;
export const ROWS = { hasWork: ({ rows }: { readonly rows: number }) => rows > 0 };
export const ALWAYS = { hasWork: () => true };
export const kernel = <const S extends Readonly<Record<string, SizeType>>>(contract: Contract<S>): Contract<S> =>
  contract;
