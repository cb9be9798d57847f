import { PHASES, type Phase } from '../program/program';
import type { Span } from './span';

/** A layer in the part of a training step that is under way; all of inference is forward. */
export type LayerOf = { readonly layer: number; readonly phase: Phase };

/**
 * When each layer begins on the first rank, ms, in order: where the first kernel of it begins. A later layer never
 * begins before an earlier one. A backward pass begins once the head's has, with the last layer; what of it was
 * computed sooner, as gates computed anew are, counts for nothing. Weights are updated whenever their gradients are
 * there.
 */
export function layerStartsOf(spans: readonly Span[]): (LayerOf & { readonly at: number })[] {
  const begins = new Map<string, LayerOf & { readonly at: number[] }>();
  let turn = Number.POSITIVE_INFINITY;
  for (const { kind, rank, layer, block, phase, start } of spans) {
    if (kind !== 'compute' || rank !== 0 || block === 'residual' || phase === 'update') continue;
    if (layer === null) {
      if (phase === 'backward') turn = Math.min(turn, start);
      continue;
    }
    const known = begins.get(keyOf({ layer, phase }));
    if (known) known.at.push(start);
    else begins.set(keyOf({ layer, phase }), { layer, phase, at: [start] });
  }
  let last = 0;
  return [...begins.values()].toSorted(inOrder).map(({ at, layer, phase }) => {
    const since = phase === 'backward' ? Math.max(last, Number.isFinite(turn) ? turn : 0) : 0;
    const own = at.filter((start) => start >= since);
    last = Math.max(last, own.length > 0 ? own.reduce((least, start) => Math.min(least, start)) : 0);
    return { layer, phase, at: last };
  });
}

const keyOf = ({ layer, phase }: LayerOf): string => `${phase} ${layer}`;
const inOrder = (a: LayerOf, b: LayerOf): number =>
  PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || (a.phase === 'forward' ? a.layer - b.layer : b.layer - a.layer);
export const isSameLayer = (a: LayerOf, b: LayerOf): boolean => a.layer === b.layer && a.phase === b.phase;

/**
 * Two coordinate spaces here: a run's own time, and the time of an axis on which runs are laid so that each layer
 * begins in all at once. Both are ms; a layer lasts on the axis as long as in the slowest run, and a quicker one is
 * drawn with a blank at the layer's end.
 */
export type Alignment = {
  /** Own time of the beginning of each section, and how much later it lies on the axis. */
  readonly sections: readonly Section[];
};
type Section = { readonly from: number; readonly shift: number };

export const UNALIGNED: Alignment = { sections: [{ from: 0, shift: 0 }] };

/** Alignments of runs by the layers that all of them have. */
export function alignLayers(runs: readonly (readonly Span[])[]): readonly Alignment[] {
  const starts = runs.map((spans) => new Map(layerStartsOf(spans).map((own) => [keyOf(own), own.at])));
  const sections: Section[][] = runs.map(() => [{ from: 0, shift: 0 }]);
  let axis = 0;
  let before = runs.map(() => 0);
  for (const layer of starts[0]?.keys() ?? []) {
    const ats = starts.map((own) => own.get(layer));
    if (!ats.every((at) => at !== undefined)) continue;
    axis += Math.max(...ats.map((at, i) => at - before[i]!));
    ats.forEach((at, i) => {
      sections[i]!.push({ from: at, shift: axis - at });
    });
    before = ats;
  }
  return sections.map((own) => ({ sections: own }));
}

/** A run's own time on the axis. */
export function onAxis({ sections }: Alignment, ms: number): number {
  let low = 0;
  let high = sections.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sections[middle]!.from <= ms) low = middle;
    else high = middle - 1;
  }
  return ms + sections[low]!.shift;
}

/** A time of the axis as the run's own; within a blank, the time at which the blank lies. */
export function offAxis({ sections }: Alignment, axis: number): number {
  let i = sections.length - 1;
  while (i > 0 && sections[i]!.from + sections[i]!.shift > axis) i--;
  const next = sections[i + 1]?.from ?? Number.POSITIVE_INFINITY;
  return Math.min(axis - sections[i]!.shift, next);
}

/**
 * How long each layer took in two runs, ms, of the layers that both have: from its beginning to the next one's, or to
 * the run's end.
 */
export function layerDifferences(
  a: readonly Span[],
  b: readonly Span[],
): (LayerOf & { readonly ms: readonly [number, number] })[] {
  const lengths = [a, b].map((spans) => {
    const starts = layerStartsOf(spans);
    const end = spans.reduce((last, span) => Math.max(last, span.end), 0);
    return new Map(starts.map((own, i) => [keyOf(own), { own, ms: (starts[i + 1]?.at ?? end) - own.at }]));
  });
  return [...lengths[0]!].flatMap(([key, { own, ms }]) => {
    const other = lengths[1]!.get(key);
    return other ? [{ layer: own.layer, phase: own.phase, ms: [ms, other.ms] as const }] : [];
  });
}
