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

/** Work that was submitted no later than the GPU's `begin` (ns) and known to be done after its `end`; host ms. */
type Stamped = {
  readonly submitted: number;
  readonly begin: bigint;
  readonly end: bigint;
  readonly known: number;
};

/**
 * Bounds narrowed by work that was stamped. The host's clock is off by up to its step `stepMs`, as browsers round it
 * down or up.
 */
export function narrow(bounds: ClockBounds, { submitted, begin, end, known }: Stamped, stepMs: number): ClockBounds {
  const tickNs = gcd(gcd(bounds.tickNs, begin), end);
  // Rounded down: what is stamped b began before b + tick.
  return {
    lower: Math.max(bounds.lower, submitted - stepMs - toMs(begin) - toMs(tickNs)),
    upper: Math.min(bounds.upper, known + stepMs - toMs(end)),
    tickNs,
  };
}

/** A coarser step than this is a browser's rounding: a GPU's own is finer. */
const COARSE_NS = 10_000n;

/** How coarse the timestamps are where a browser rounds them, ms; else 0. */
export const resolutionMsOf = ({ tickNs }: Pick<ClockBounds, 'tickNs'>): number =>
  tickNs > COARSE_NS ? Number(tickNs) / 1e6 : 0;

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

/** The offset in the middle of the bounds, ms; without any, the clocks are taken for one. */
export const offsetOf = ({ lower, upper }: ClockBounds): number =>
  Number.isFinite(lower) && Number.isFinite(upper) ? (lower + upper) / 2 : 0;

/** How far off an offset can be, ms: bounds that cross show drift, and count as error too. */
export const errorOf = (offset: number, { lower, upper }: ClockBounds): number =>
  Math.max(Math.abs(offset - lower), Math.abs(upper - offset));

/** The step of a host's clock, ms, from times that it told one after the other. */
export const stepOf = (times: readonly number[]): number =>
  times.reduce((step, time, i) => {
    const ahead = time - (times[i - 1] ?? time);
    return ahead > 0 ? Math.min(step, ahead) : step;
  }, Number.POSITIVE_INFINITY);

/** Nanoseconds to milliseconds without losing the digits below a millisecond. */
export const toMs = (ns: bigint): number => Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6;
