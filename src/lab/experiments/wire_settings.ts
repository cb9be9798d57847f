import { linkOf } from '../../network/link';
import { quickerAllReduce } from '../../network/network';
import type { Topology } from '../../network/topology';
import { onWire } from '../../program/lower_all_reduce';
import type { Spread } from '../../program/program';
import { rowBytesOf } from '../../program/program';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import type { RunSettings, Speed } from './run_settings';

/**
 * The topology that settings ask for, around a link within nodes; null where that is none, or not known yet. Throws
 * InputError for nodes that ranks don't fill.
 */
export function topologyOf(
  { ranks, topology: { nodes, between, jitter, slow } }: Pick<RunSettings, 'ranks' | 'topology'>,
  within: Speed | null,
  dilation: number,
): Topology | null {
  if (ranks % nodes !== 0)
    throw new InputError(
      phrase`${ranks} devices can't be spread evenly over ${nodes} nodes; choose a number of nodes that divides ${ranks}.`,
    );
  if (slow && slow.rank >= ranks)
    throw new InputError(phrase`There is no device ${slow.rank} to be slow; the last of ${ranks} is ${ranks - 1}.`);
  if (!within && (between || jitter > 0 || slow))
    throw new InputError(
      phrase`A link between nodes, jitter or a slow device need a bandwidth within the nodes; set the wire by bandwidth (--link GBPS,US).`,
    );
  if (!within) return null;
  const link = linkOf(within.gbps, within.us, dilation);
  return { nodes, within: link, between: between ? linkOf(between.gbps, between.us, dilation) : link, jitter, slow };
}

/** How all-reduces of values [tokens, width] are done: as asked, or the quicker way; without links, of fewer steps. */
export function allReduceOf(
  { ranks, allReduce, wire }: Pick<RunSettings, 'ranks' | 'allReduce' | 'wire'>,
  topology: Topology | null,
  tokens: number,
  width: number,
): Spread['algorithm'] {
  if (allReduce !== 'auto') return allReduce;
  return topology
    ? quickerAllReduce(topology, ranks, tokens * rowBytesOf({ rows: 1, ...onWire(width, wire) }))
    : 'direct';
}
