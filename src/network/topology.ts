import { INSTANT, type Link } from './link';

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

export const INSTANT_TOPOLOGY: Topology = { nodes: 1, within: INSTANT, between: INSTANT, jitter: 0, slow: null };

export const nodeOf = ({ nodes }: Pick<Topology, 'nodes'>, ranks: number, rank: number): number =>
  Math.floor((rank * nodes) / ranks);

/**
 * The link of each message of one run; `random` gives uniform numbers in [0, 1) and is asked only where there is
 * jitter.
 */
export function linksOf(topology: Topology, ranks: number, random: () => number): (from: number, to: number) => Link {
  const { within, between, jitter, slow } = topology;
  return (from, to) => {
    const link = nodeOf(topology, ranks, from) === nodeOf(topology, ranks, to) ? within : between;
    const straggles = slow !== null && (from === slow.rank || to === slow.rank);
    const times = (straggles ? slow.times : 1) * (jitter > 0 ? 1 - jitter * Math.log(1 - random()) : 1);
    return times === 1 ? link : { latencyMs: link.latencyMs * times, bytesPerMs: link.bytesPerMs / times };
  };
}
