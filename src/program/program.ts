import { BYTES_OF, type ValueType, WORD_BYTES } from '../model/value_type';
import { type Dim, resolve } from './dim';
import type { KernelCall } from './kernels';

/**
 * A program: operations on named values. All ranks run the same program, each on values of its own; rows may differ
 * between ranks, so sizes are symbols until a rank resolves them. Names and symbols may lie in a scope: `a/tokens`
 * (builder.ts).
 */
export type Program = {
  readonly values: ReadonlyMap<string, Value>;
  /** Each after what it reads; an operation's id is its place here. */
  readonly operations: readonly Operation[];
  /** By name. */
  readonly exchanges: ReadonlyMap<string, Exchange>;
  /** Values that the host writes before a run. */
  readonly inputs: readonly string[];
  /** Values that the host reads after a run. */
  readonly outputs: readonly string[];
};

export type Shape = { readonly rows: Dim; readonly cols: number; readonly type: ValueType };

/**
 * A value that lives for a run is written once in it, by the host or by one operation. One that is kept lives from run
 * to run, on its rank: weights, constants, caches. An operation that has it among its outputs updates it in place.
 */
export type Value = Shape & { readonly name: string } & (
    | { readonly lives: 'run' }
    | {
        readonly lives: 'kept';
        readonly split: Split;
        /** What it holds at first: what a checkpoint has (or a seed draws), what constants.ts makes, or zeros. */
        readonly origin: 'checkpoint' | 'constant' | 'zeros';
      }
  );
export type KeptValue = Extract<Value, { lives: 'kept' }>;

/**
 * How a kept value lies over the ranks; its shape is that of a rank's part. The same on all; each its own; or each a
 * part of the rows or columns (of each tensor that makes it up), in so many blocks (experts, heads, channels), of which
 * ranks share one where there are fewer.
 */
export type Split = 'replicated' | 'own' | { readonly axis: 'rows' | 'cols'; readonly blocks: number };

/** What an operation belongs to: how it is drawn and summed. */
export const BLOCKS = [
  'embedding',
  'attention',
  'router',
  'routed',
  'shared',
  'residual',
  'head',
  'dispatch',
  'combine',
  'all-reduce',
] as const;
export type Block = (typeof BLOCKS)[number];

export type Operation = Compute | Collective;

/** The part of a training step that an operation is of; all of inference is forward. */
export const PHASES = ['forward', 'backward', 'update'] as const;
export type Phase = (typeof PHASES)[number];

/** How far a training step goes: a forward pass alone, with its backward pass, or with the update of the weights. */
export const PASSES = ['forward', 'backward', 'step'] as const;
export type Pass = (typeof PASSES)[number];

type Common = {
  readonly id: number;
  readonly name: string;
  readonly block: Block;
  readonly phase: Phase;
  readonly layer: number | null;
  /** Values that are written before it is done, though it does not read them. */
  readonly after?: readonly string[];
};

/** One kernel: bindings are its sizes, then inputs and outputs in the order given (kernels.ts). */
export type Compute = Common & {
  readonly kind: 'compute';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Its rows are an upper bound: how many there are only the GPU knows. */
  readonly atMost?: true;
} & KernelCall;

/**
 * What travels between tokens' ranks and experts' ranks: `counts` (kernels/send_plan.wgsl, as experts + ranks) plans on
 * each rank how many rows go to each other. The first collective of an exchange announces the counts; all others of it
 * move rows by the same layout.
 */
export type Exchange = { readonly counts: string; readonly experts: number };

/**
 * Sizes that a rank knows once an exchange is announced: rows of its tokens on their way, rows that it gets, (token,
 * expert) pairs of these.
 */
export const exchangeSymbols = (exchange: string) => ({
  sent: `${exchange} sent`,
  received: `${exchange} received`,
  pairs: `${exchange} pairs`,
});

/**
 * An all-to-all with counts that vary. Dispatch: rank s sends to rank d the rows that the exchange plans for it;
 * Combine sends the same number of rows back, each to the place its row came from.
 */
export type AllToAll = Common & {
  readonly kind: 'all-to-all';
  readonly direction: 'dispatch' | 'combine';
  readonly exchange: string;
  readonly input: string;
  readonly output: string;
};

/**
 * A collective of parts whose sizes are known beforehand, part s from rank s. All-gather: every rank's whole input goes
 * to all. Reduce-scatter: of every rank's input the rows that rank d answers for go to rank d; the sum is the operation
 * that reads what arrives. `direct` sends each part straight to where it goes; `ring` hands parts on from neighbour to
 * neighbour, so that a reduce-scatter sends a (N - 1) / N-th of its input instead of all. What a ring would add on the
 * way is added at the end, in rank order: the same bits either way.
 */
export type Spread = Common & {
  readonly kind: 'all-gather' | 'reduce-scatter';
  readonly algorithm: 'direct' | 'ring';
  readonly input: string;
  readonly output: string;
};

export type Collective = AllToAll | Spread;

export const isCollective = (op: Operation): op is Collective => op.kind !== 'compute';

export const inputsOf = (op: Operation): readonly string[] => (op.kind === 'compute' ? op.inputs : [op.input]);
export const outputsOf = (op: Operation): readonly string[] => (op.kind === 'compute' ? op.outputs : [op.output]);

/** Bytes of a row, its words of 32 bits, and bytes of all rows on a rank. */
export const rowBytesOf = ({ cols, type }: Shape): number => cols * BYTES_OF[type];
export const rowWordsOf = (shape: Shape): number => rowBytesOf(shape) / WORD_BYTES;
export const bytesOf = (shape: Shape, symbols: ReadonlyMap<string, number>): number =>
  rowBytesOf(shape) * resolve(shape.rows, symbols);

/**
 * Values that the host writes before a run: per token its id, its position in its sequence, the row of its own key
 * among the keys attended to, the rows of the first key that it sees at all and within its chunk, the factor of its
 * queries in tempered layers, and a 1; per sequence, the row of its last token, and a number in [0, 1) to draw by. Of a loss: per token the one that is to
 * follow, and what its loss counts. Of an optimizer's step: its rate, what corrects both averages, and a factor of the
 * gradients; and 1 where gradients of the same step came before, else 0.
 */
export const INPUTS = {
  ids: 'ids',
  position: 'position',
  own: 'own',
  first: 'first',
  firstInChunk: 'first in chunk',
  temperature: 'temperature',
  one: 'one',
  last: 'last',
  draw: 'draw',
  target: 'target',
  lossWeight: 'loss weight',
  step: 'step',
  begun: 'begun',
} as const;
