/**
 * Two clocks here: the host's, performance.now() in milliseconds, and the GPU's timestamps in nanoseconds, of unknown
 * origin. An offset (ms) brings the second to the first: host = gpu / 1e6 + offset.
 *
 * Work submitted at host time s, begun by the GPU at b, ended at e and known to the host at k obeys s <= b and e <= k,
 * so the offset lies between the largest s - b and the smallest k - e seen. No assumption is made on what lies between.
 */
export type ClockBounds = {
  readonly lower: number;
  readonly upper: number;
  /**
   * The step of the timestamps: the greatest that divides all seen, ns; browsers round them down to 0.1 ms or less. 0:
   * none seen.
   */
  readonly tickNs: bigint;
};

export const UNKNOWN_CLOCK: ClockBounds = {
  lower: Number.NEGATIVE_INFINITY,
  upper: Number.POSITIVE_INFINITY,
  tickNs: 0n,
};

/** Bounds narrowed by work submitted no later than the GPU's `beginNs` and known to have ended after its `endNs`. */
export function narrow(
  bounds: ClockBounds,
  submittedMs: number,
  beginNs: bigint,
  endNs: bigint,
  knownMs: number,
): ClockBounds {
  const tickNs = gcd(gcd(bounds.tickNs, beginNs), endNs);
  // Rounded down: what is stamped b began before b + tick.
  return {
    lower: Math.max(bounds.lower, submittedMs - toMs(beginNs) - resolutionMsOf({ tickNs })),
    upper: Math.min(bounds.upper, knownMs - toMs(endNs)),
    tickNs,
  };
}

/** A coarser step than this is a browser's rounding: a GPU's own is finer. */
const COARSE_NS = 10_000n;

/** How coarse the timestamps are where a browser rounds them, ms; else 0. */
export const resolutionMsOf = ({ tickNs }: Pick<ClockBounds, 'tickNs'>): number =>
  tickNs > COARSE_NS ? Number(tickNs) / 1e6 : 0;

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

/**
 * The offset in the middle of the bounds and how far off it can be (ms); bounds that cross show drift, and count as
 * error.
 */
export function offsetOf({ lower, upper }: Pick<ClockBounds, 'lower' | 'upper'>): {
  readonly offset: number;
  readonly error: number;
} {
  return { offset: (lower + upper) / 2, error: Math.abs(upper - lower) / 2 };
}

/** Nanoseconds to milliseconds without losing the digits below a millisecond. */
export const toMs = (ns: bigint): number => Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6;
