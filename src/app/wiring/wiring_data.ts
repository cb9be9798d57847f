import { type Connectivity, SUB_BLOCKS, type SubBlock, type Term, termsOf } from '../../connectivity/connectivity';
import { readMethod } from '../../connectivity/methods';
import type { Track } from '../../lab/experiments/track';
import { connectivityOf } from '../../lab/setup/find_model';
import type { Checkpoint } from '../../model/checkpoint';
import { firstAfter, type Prepared } from '../lanes/lanes';

/** A model's wiring: what each sub-block leaves out, and which sub-blocks each layer has. */
export type Wired = {
  readonly name: string;
  readonly table: Connectivity;
  readonly has: readonly (readonly SubBlock[])[];
};

/** Of a model; null for a method that it has not layers enough for. */
export function wiredOfModel(checkpoint: Checkpoint, connectivity: string): Wired | null {
  const { spec } = checkpoint;
  const layers = readMethod(connectivity)?.layers ?? 0;
  if (layers > spec.layers.length) return null;
  return {
    name: connectivity,
    table: connectivityOf(connectivity, checkpoint),
    has: spec.layers.map((_, layer) => termsOf(spec, layer).map((term) => term.split('.')[0] as SubBlock)),
  };
}

/** Of a run, by the table that it ran and the blocks that its spans are of; null where a track has no table. */
export function wiredOfTrack({ combination, table, spans }: Track): Wired | null {
  if (!table || !combination) return null;
  const blocks = new Set(spans.map(({ block, layer }) => `${block} ${layer}`));
  return {
    name: combination.connectivity,
    table,
    has: table.map((_, layer) => SUB_BLOCKS.filter((block) => blocks.has(`${block} ${layer}`))),
  };
}

/** The first layer with routed experts after one with routed experts: there is something to leave out. */
export const typicalLayer = ({ has }: Wired): number => {
  const found = has.findIndex(
    (blocks, layer) => layer > 0 && blocks.includes('routed') && has[layer - 1]!.includes('routed'),
  );
  return found < 0 ? Math.min(1, has.length - 1) : found;
};

export type Read = { readonly block: SubBlock; readonly term: Term; readonly kept: boolean };

/**
 * What the sub-blocks of a layer may read, in the order in which it comes: the stream so far, the routed experts before
 * it and whatever else one of them leaves out, and the layer's own attention.
 */
export function sourcesOfLayer({ table, has }: Wired, layer: number): Term[] {
  const own: Term = `attention.${layer}`;
  const left = new Set((has[layer] ?? []).flatMap((block) => table[layer]![block]));
  if (has[layer - 1]?.includes('routed')) left.add(`routed.${layer - 1}`);
  left.delete(own);
  const early = [...left].sort(
    (a, b) => layerOf(a) - layerOf(b) || SUB_BLOCKS.indexOf(blockOf(b)) - SUB_BLOCKS.indexOf(blockOf(a)),
  );
  return ['embedding', ...early, own];
}

const blockOf = (term: Term): SubBlock => term.split('.')[0] as SubBlock;
const layerOf = (term: Term): number => Number(term.split('.')[1]);

/** Which of these each sub-block of a layer reads or leaves out. */
export function readsOfLayer(wired: Wired, layer: number): Read[] {
  const terms = sourcesOfLayer(wired, layer);
  return (wired.has[layer] ?? []).flatMap((block): Read[] => {
    const left = wired.table[layer]![block];
    return terms
      .filter((term) => block !== 'attention' || term !== `attention.${layer}`)
      .map((term) => ({ block, term, kept: !left.includes(term) }));
  });
}

/**
 * What goes on at a time of the axis on the first device: the layer that it computes, and blocks under way, each with
 * its layer.
 */
export function underWayAt(
  { ranks, track }: Prepared,
  at: number,
): { readonly layer: number | null; readonly blocks: ReadonlySet<string> } {
  const blocks = new Set<string>();
  let layer: number | null = null;
  const lanes = ranks[0];
  if (!lanes) return { layer, blocks };
  for (const lane of [lanes.compute, lanes.collectives])
    for (let i = firstAfter(lane, at); i < lane.count && lane.start[i]! <= at; i++) {
      if (lane.end[i]! < at) continue;
      const span = track.spans[lane.item[i]!]!;
      blocks.add(blockInLayer(span.block, span.layer));
      if (span.kind === 'compute') layer = span.layer ?? layer;
    }
  return { layer, blocks };
}

export const blockInLayer = (block: string, layer: number | null): string => `${block} ${layer}`;
