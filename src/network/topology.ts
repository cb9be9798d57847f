import type { Link } from './link';

/** Which link lies between two ranks, and what disturbs it. Ranks follow one another, node by node. */
export type Topology = {
  readonly nodes: number;
  readonly within: Link;
  readonly between: Link;
  /**
   * How much longer messages take on average, as a share of their time: 1 + jitter × an exponential variate of mean 1.
   */
  readonly jitter: number;
  /** A straggler: all messages from and to this rank take `times` as long. */
  readonly slow: { readonly rank: number; readonly times: number } | null;
};

export const nodeOf = ({ nodes }: Pick<Topology, 'nodes'>, ranks: number, rank: number): number =>
  Math.floor((rank * nodes) / ranks);

/** What tells a message of a run from the others between the same ranks. */
export type MessageKey = { readonly op: number; readonly step: number };
export type LinkBetween = (from: number, to: number, message: MessageKey) => Link;

/**
 * The link of each message of one run. Jitter is drawn for each message by what it is: runs of a program with the same
 * seed have the same, whatever the order in which messages leave.
 */
export function linksOf(topology: Topology, ranks: number, seed: number): LinkBetween {
  const { within, between, jitter, slow } = topology;
  return (from, to, { op, step }) => {
    const link = nodeOf(topology, ranks, from) === nodeOf(topology, ranks, to) ? within : between;
    const straggles = slow !== null && (from === slow.rank || to === slow.rank);
    const drawn = jitter > 0 ? 1 - jitter * Math.log(1 - uniform([seed, op, step, from, to])) : 1;
    const times = (straggles ? slow.times : 1) * drawn;
    return times === 1 ? link : { latencyMs: link.latencyMs * times, bytesPerMs: link.bytesPerMs / times };
  };
}

/** A number in [0, 1) that a key gives: the mixer of MurmurHash3 (Austin Appleby). */
function uniform(key: readonly number[]): number {
  const mixed = key.reduce((hash, part) => {
    let h = Math.imul(hash ^ part, 0x85ebca6b) + 0x9e3779b9;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  }, 0x2545f491);
  return (mixed >>> 0) / 2 ** 32;
}
