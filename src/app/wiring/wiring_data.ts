import { type Connectivity, connectivityOf, type SubBlock, type Term, termsOf } from '../../connectivity/connectivity';
import { namedSwitches } from '../../connectivity/switches';
import type { Track } from '../../lab/lab_run';
import type { ModelSpec } from '../../model/spec';
import type { Block } from '../../program/program';
import { firstAfter, type Prepared } from '../timeline/lanes';

/** A model's wiring: what each sub-block leaves out, and which sub-blocks each layer has. */
export type Wired = {
  readonly name: string;
  readonly table: Connectivity;
  readonly has: readonly (readonly SubBlock[])[];
};

export const wiredOfSpec = (spec: ModelSpec, connectivity: 'regular' | 'farskip'): Wired => ({
  name: connectivity,
  table: connectivityOf(spec, namedSwitches(connectivity, spec)),
  has: spec.layers.map((_, layer) => termsOf(spec, layer).map((term) => term.split('.')[0] as SubBlock)),
});

/** Of a run, by the table that it ran and the blocks that its spans are of; null where a track has no table. */
export function wiredOfTrack({ combination, table, spans }: Track): Wired | null {
  if (!table || !combination) return null;
  const blocks = new Set(spans.map(({ block, layer }) => `${block} ${layer}`));
  const subBlocks: readonly SubBlock[] = ['attention', 'shared', 'routed'];
  return {
    name: combination.connectivity,
    table,
    has: table.map((_, layer) => subBlocks.filter((block) => blocks.has(`${block} ${layer}`))),
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

/** Of the terms that may come late, which each sub-block of a layer reads or leaves out. */
export function readsOfLayer({ table, has }: Wired, layer: number): Read[] {
  const routedBefore = has[layer - 1]?.includes('routed') ?? false;
  return (has[layer] ?? []).flatMap((block): Read[] => {
    const left = table[layer]![block];
    const terms: Term[] = ['embedding'];
    if (routedBefore) terms.push(`routed.${layer - 1}`);
    if (block !== 'attention') terms.push(`attention.${layer}`);
    return terms.map((term) => ({ block, term, kept: !left.includes(term) }));
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

export const blockInLayer = (block: Block, layer: number | null): string => `${block} ${layer}`;
