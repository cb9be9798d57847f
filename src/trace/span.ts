import type { Phase } from '../program/program';

/** Which clock a time is from: GPU timestamps brought to the host's clock, or the host's own (fences, arrivals). */
export type ClockSource = 'gpu' | 'host';

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
  readonly clock: ClockSource;
};

export type Span = ComputeSpan | CollectiveSpan | MessageSpan;

/**
 * A kernel on a rank, from when it could start (submitted, inputs there, the rank's earlier work done): as N ranks
 * share one GPU, this includes the turns of the others. It lasts until its own turn has ended, or for N times `gpuMs`,
 * what the GPU itself gave it, as on a device 1/N as fast, but no longer than all ranks' turns at this operation.
 */
export type ComputeSpan = At & {
  readonly kind: 'compute';
  /** Its kernel's name, as open; null where a span is several kernels, or one of another program's. */
  readonly kernel: string | null;
  readonly gpuMs: number | null;
  /** Shorter than the step of the GPU's clock, so that it may have been anywhere within it. */
  readonly uncertain: boolean;
  /** null where only the GPU knows how many rows there were. */
  readonly flops: number | null;
  /** When the host had handed it to the GPU; null where that is not known, as in others' traces. */
  readonly submitted: number | null;
  /** The last collective that its rank had waited for, and when that was there. */
  readonly awaited: { readonly op: number; readonly at: number } | null;
};

/** A collective on a rank, from when the rank's own part could leave to when it held all that it was to receive. */
export type CollectiveSpan = At & {
  readonly kind: 'collective';
  readonly sentBytes: number;
  readonly receivedBytes: number;
};

/** One message of a collective on the wire, drawn in the lane of `rank`, which sends it. */
export type MessageSpan = At & { readonly kind: 'message'; readonly to: number; readonly bytes: number };
