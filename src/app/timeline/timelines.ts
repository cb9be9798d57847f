import type { Track } from '../../lab/lab_run';
import { alignLayers, layerDifferences, layerStartsOf, UNALIGNED } from '../../trace/layers';
import { type Prepared, prepare } from './lanes';

/** The tracks on show, as they are drawn: one, or two under each other. */
export type Timelines = {
  readonly tracks: readonly Prepared[];
  /** The axis ends here, ms. */
  readonly end: number;
  /** Of the layers, where both are runs of models of as many. */
  readonly differences: ReturnType<typeof layerDifferences>;
  /** Names of the tracks' runs, where they are of two. */
  readonly runs: readonly (string | null)[];
};

export function timelinesOf(
  tracks: readonly Track[],
  align: 'time' | 'layer',
  runs: readonly (string | null)[] = [],
): Timelines {
  const [first, second] = tracks;
  // Steps of a generation go through all layers again and again.
  const comparable =
    first &&
    second &&
    first.steps.length + second.steps.length === 0 &&
    layerStartsOf(first.spans).length === layerStartsOf(second.spans).length;
  const alignments = align === 'layer' && comparable ? alignLayers(first.spans, second.spans) : [UNALIGNED, UNALIGNED];
  const prepared = tracks.slice(0, 2).map((track, i) => prepare(track, alignments[i]!));
  return {
    tracks: prepared,
    end: Math.max(0, ...prepared.map(({ end }) => end)),
    differences: comparable ? layerDifferences(first.spans, second.spans) : [],
    runs,
  };
}

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
