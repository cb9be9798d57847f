import type { BufferPool, Storage } from '../gpu/buffers';
import type { Launch } from '../gpu/launcher';
import type { LinkBetween } from '../network/topology';
import type { NamedSizes, SizesOf } from '../program/kernels';
import type { Compute } from '../program/program';
import type { Order } from '../schedule/orders';
import type { ClockBounds } from '../trace/clock';
import type { Span } from '../trace/span';
import type { Rank } from './cluster';
import type { KernelTime, PassLength, Tilt } from './pass_spans';
import type { Pause } from './pause';
import type { ExchangeCounts } from './sending';
import type { ValuePools } from './values';

/** A program on one rank. */
export type BoundRank = {
  readonly rank: Rank;
  /** Of values that live for a run. */
  readonly pools: ValuePools<BufferPool>;
  /** Buffers of all values that the program reads or updates and the rank keeps. */
  readonly kept: ReadonlyMap<string, Storage>;
  /**
   * The launch of an order, for these sizes and buffers; what it was last bound to is kept, so that a run repeated
   * binds nothing.
   */
  readonly launchOf: (
    order: Extract<Order, { do: 'compute' }>,
    sizes: NamedSizes,
    buffers: readonly Storage[],
  ) => Launch;
  /** The same of the copy of what a started collective brings from some senders, of which `first` is in no other. */
  readonly copyOf: (
    start: Order,
    first: number,
    sizes: SizesOf<'copy_parts', number>,
    buffers: readonly Storage[],
  ) => Launch;
};

export type RunOptions = {
  /**
   * null: no wire. Of ranks that share a GPUDevice the host then hears of no collective whose sizes it knows, as the
   * GPU keeps the order by itself.
   */
  readonly linkBetween: LinkBetween | null;
  readonly pause: Pause;
  /** What is known of the GPU's clock; calibrated anew when left out. */
  readonly clock?: ClockBounds;
  /** Called with all spans known so far, now and then while the run goes on. */
  readonly onSpans?: (spans: readonly Span[]) => void;
  readonly signal?: AbortSignal;
  /**
   * Counts of an earlier run: kernels and copies alone are run, nothing is announced and nothing waited for. Only of
   * ranks that share a GPUDevice.
   */
  readonly replayed?: ExchangeCounts;
  /** How often in a row each kernel is run: what it writes stays the same. Once, when left out. */
  readonly timesOf?: (op: Compute, rank: number) => number;
  /**
   * What kernels take that were timed apart: those between two collectives then share passes, each its share of one.
   * Left out, each kernel has a pass of its own.
   */
  readonly apart?: KernelsApart;
  /** Nothing is told of kernels, which share passes; the result has no spans of them. */
  readonly untraced?: boolean;
};

export type KernelsApart = {
  readonly of: (op: Compute, rank: number) => KernelTime | null;
  readonly lengths: PassLength;
};

export type RunResult = {
  /** Made when asked for: they are many. */
  readonly spans: (tilt?: Tilt) => readonly Span[];
  /** From the first order to the last output on the host, ms. */
  readonly wallMs: number;
  /** How far off the GPU's clock can be from the host's, ms. */
  readonly clockErrorMs: number;
  /** The step of the GPU's timestamps where browsers round them, ms; else 0. */
  readonly resolutionMs: number;
  /** What is known of the GPU's clock after the run. */
  readonly clock: ClockBounds;
  /** For each rank, the program's outputs, as words of 32 bits seen as f32. */
  readonly outputs: readonly ReadonlyMap<string, Float32Array>[];
  /** Of each layer that dispatches tokens; the others route on the GPU alone. */
  readonly routing: readonly Routing[];
  readonly counts: ExchangeCounts;
};

/** (token, expert) pairs of each expert of a layer, of all ranks together; one for each exchange of the layer. */
export type Routing = { readonly layer: number; readonly load: readonly number[] };
