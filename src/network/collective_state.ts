import type { RingPart } from './spread';

/**
 * What is known of a collective, rank by rank. The sender of rows is the rank in whose input they lie, though in a ring
 * its neighbour may have handed them on.
 */
export type CollectiveState = {
  /** When each rank's input could leave, and when the host heard of that; undefined until it is announced. */
  readonly readyAt: (number | undefined)[];
  readonly heardAt: (number | undefined)[];
  /** arrivedAt[receiver][sender]; undefined while the sender's rows are still to come. */
  readonly arrivedAt: readonly (number | undefined)[][];
  /** takenInAt[receiver][sender]: when a device of its own had taken the rows in; else 0. */
  readonly takenInAt: readonly number[][];
  /** Whether it was announced before its inputs were written, and when they were, once that is known. */
  ahead: boolean;
  passedAt: number | undefined;
  /** When the wire had brought each rank its last message so far. */
  readonly dueAt: number[];
  /** Of each rank's messages, those handed on among them. */
  readonly sentBytes: number[];
  readonly receivedBytes: number[];
  /** Rows that have arrived and are still to be copied, [sender, receiver]. */
  readonly toCopy: [number, number][];
  /** isCopied[receiver][sender]: the rows were, perhaps ahead of their arrival. */
  readonly isCopied: readonly boolean[][];
  /** How many copies each sender still waits for. */
  readonly copiesLeft: number[];
  /** Parts of a ring that have reached a rank whose own input is not ready yet. */
  readonly toHandOn: readonly RingPart[][];
};

export const newCollectiveState = (ranks: number): CollectiveState => ({
  readyAt: new Array<number | undefined>(ranks).fill(undefined),
  heardAt: new Array<number | undefined>(ranks).fill(undefined),
  arrivedAt: Array.from({ length: ranks }, () => new Array<number | undefined>(ranks).fill(undefined)),
  takenInAt: Array.from({ length: ranks }, () => new Array<number>(ranks).fill(0)),
  ahead: false,
  passedAt: undefined,
  dueAt: new Array<number>(ranks).fill(Number.NEGATIVE_INFINITY),
  sentBytes: new Array<number>(ranks).fill(0),
  receivedBytes: new Array<number>(ranks).fill(0),
  toCopy: [],
  isCopied: Array.from({ length: ranks }, () => new Array<boolean>(ranks).fill(false)),
  copiesLeft: new Array<number>(ranks).fill(0),
  toHandOn: Array.from({ length: ranks }, () => []),
});

/** When all that a collective brings had arrived on a rank; undefined while something is still to come. */
export function allArrivedAt({ readyAt, arrivedAt }: CollectiveState, receiver: number): number | undefined {
  return readyAt.includes(undefined) ? undefined : latestOf(arrivedAt[receiver]!);
}

/** The same on the last rank. */
export const arrivedEverywhereAt = (state: CollectiveState): number | undefined =>
  latestOf(state.arrivedAt.map((_, receiver) => allArrivedAt(state, receiver)));

/** When a rank's device had taken in all that arrived there; 0 where it had nothing to take in. */
export const allTakenInAt = ({ takenInAt }: CollectiveState, receiver: number): number =>
  Math.max(...takenInAt[receiver]!);

const latestOf = (times: readonly (number | undefined)[]): number | undefined =>
  times.includes(undefined) ? undefined : Math.max(...(times as number[]));
