import type { Phase } from '../program/program';

/**
 * Where a time is from: GPU timestamps, brought to the host's clock; kernels timed apart, where timestamps are coarse;
 * the host's own clock (fences, what it heard); an arrival that the emulated wire's formula gives.
 */
export const TIME_SOURCES = ['gpu', 'calibrated', 'host', 'emulated'] as const;
export type TimeSource = (typeof TIME_SOURCES)[number];

export type Interval = readonly [start: number, end: number];

type At = {
  /** The program's operation. */
  readonly op: number;
  readonly rank: number;
  readonly name: string;
  /** A `Block` of the program; open, since files and others' traces may name one that is not known here. */
  readonly block: string;
  readonly phase: Phase;
  readonly layer: number | null;
  /** Milliseconds since the run began, on the host's clock. */
  readonly start: number;
  readonly end: number;
  readonly source: TimeSource;
};

export type Span = ComputeSpan | CollectiveSpan | MessageSpan | CopySpan;

/**
 * What a rank computed of one kernel. `sharing` ranks share the GPU's queue and do an operation in turn: the rank
 * computes, as a device 1/N as fast would, for the first N times of what the GPU gave it (`gpuMs`) of all their turns
 * (trace/rounds.ts).
 */
export type ComputeSpan = At & {
  readonly kind: 'compute';
  /** From `start` to `end`, in order; between them the GPU ran none of its round's kernels. */
  readonly pieces: readonly Interval[];
  /** Its kernel's name, as open; null where a span is several kernels, or one of another program's. */
  readonly kernel: string | null;
  /** What the GPU itself gave it, and from when on; null where that is not known. */
  readonly gpuMs: number | null;
  readonly turnAt: number | null;
  /** Ranks that share the queue, itself included. */
  readonly sharing: number;
  /** Shorter than the step of the GPU's clock, so that it may have been anywhere within it. */
  readonly uncertain: boolean;
  /** null where only the GPU knows how many rows there were. */
  readonly flops: number | null;
  /** When the host had handed it to the GPU; null where that is not known, as in others' traces. */
  readonly submitted: number | null;
  /** What its rank had waited for last, and when that was there. */
  readonly awaited: { readonly op: number; readonly at: number } | null;
};

/** A collective on a rank, from when the rank's own part could leave to when it held all that it was to receive. */
export type CollectiveSpan = At & {
  readonly kind: 'collective';
  readonly sentBytes: number;
  readonly receivedBytes: number;
};

/**
 * One message of a collective on the wire, drawn in the lane of `rank`, which sends it. `due`: when the wire had
 * brought it; its receiver holds it at `end`, later where the host was late.
 */
export type MessageSpan = At & {
  readonly kind: 'message';
  readonly to: number;
  readonly bytes: number;
  readonly due: number;
  /** How long it held its ports, by the wire's formula; null where there is none. */
  readonly portMs: number | null;
};

/** The GPU copied what had arrived of a collective into the rank's buffer. */
export type CopySpan = At & { readonly kind: 'copy'; readonly bytes: number };

/** When a span went on: a kernel in pieces, anything else from start to end. */
export const intervalsOf = (span: Span): readonly Interval[] =>
  span.kind === 'compute' ? span.pieces : [[span.start, span.end]];

/** A span `ms` later. */
export function laterBy<T extends Span>(span: T, ms: number): T;
export function laterBy(span: Span, ms: number): Span {
  const moved = { ...span, start: span.start + ms, end: span.end + ms };
  switch (moved.kind) {
    case 'compute': {
      const { pieces, turnAt, submitted, awaited } = moved;
      return {
        ...moved,
        pieces: pieces.map(([start, end]): Interval => [start + ms, end + ms]),
        turnAt: turnAt === null ? null : turnAt + ms,
        submitted: submitted === null ? null : submitted + ms,
        awaited: awaited && { ...awaited, at: awaited.at + ms },
      };
    }
    case 'message':
      return { ...moved, due: moved.due + ms };
    default:
      return moved;
  }
}
