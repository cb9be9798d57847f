import type { Track } from '../../lab/experiments/track';
import { alignLayers, layerDifferences, layerStartsOf, UNALIGNED } from '../../trace/layers';
import { type Prepared, prepare } from './lanes';

/** The tracks on show, as they are drawn under each other. */
export type Timelines = {
  readonly tracks: readonly Prepared[];
  /** The axis ends here, ms. */
  readonly end: number;
  /** Each layer begins in all tracks at once, so that the axis is the time of none of them. */
  readonly aligned: boolean;
  /** Of the layers of the first two, where both are runs of models of as many. */
  readonly differences: ReturnType<typeof layerDifferences>;
  /** Names of the tracks' runs, where they are of several. */
  readonly runs: readonly (string | null)[];
};

export type NamedTrack = { readonly name: string; readonly track: Track; readonly run: string | null };

export function timelinesOf(named: readonly NamedTrack[], align: 'time' | 'layer'): Timelines {
  const spans = named.map(({ track }) => track.spans);
  // Steps of a generation go through all layers again and again.
  const layers = new Set(spans.map((own) => layerStartsOf(own).length));
  const comparable = named.length > 1 && layers.size === 1 && named.every(({ track }) => track.steps.length === 0);
  const aligned = align === 'layer' && comparable;
  const alignments = aligned ? alignLayers(spans) : named.map(() => UNALIGNED);
  const prepared = named.map(({ name, track }, i) => prepare(name, track, alignments[i]!));
  return {
    tracks: prepared,
    end: Math.max(0, ...prepared.map(({ end }) => end)),
    aligned,
    differences: comparable ? layerDifferences(spans[0]!, spans[1]!) : [],
    runs: named.map(({ run }) => run),
  };
}

/** Where a replay begins: with what is in view. */
export const playedFrom = (view: Parameters<typeof rangeInView>[0], end: number): number =>
  Math.max(0, rangeInView(view, end).from);

/** The part of the axis in view, ms; all of it, and a little more, unless the view says. */
export function rangeInView(
  view: { readonly from: number | null; readonly to: number | null },
  end: number,
): { from: number; to: number } {
  const whole = Math.max(end, 1e-3) * 1.01;
  const from = view.from ?? 0;
  const to = view.to ?? whole;
  return to > from && from < whole && to > 0 ? { from, to } : { from: 0, to: whole };
}
