import { useRef } from 'react';
import type { Layout } from '../lanes/layout';
import { type Direction, type LanePlace, neighbour, placeOf } from '../lanes/pick';
import { type Selection, selectedOf } from '../lanes/selection';
import { rangeInView, type Timelines } from '../lanes/timelines';
import { useView } from '../state/view_store';

/** The lane that the arrow keys went to last, what they selected there, and the time that they keep to, ms. */
type Walked = { readonly selection: Selection; readonly at: LanePlace; readonly time: number };

/**
 * Goes on from what is selected, in the lane that the keys are in or else where it is drawn; `extend`: a range grows
 * over what is gone through.
 */
export function useWalking({ tracks, end }: Timelines, layout: Layout, here: Selection | null) {
  const walked = useRef<Walked | null>(null);
  const { look } = useView.getState();

  const from = (): Walked | null => {
    const place = here && placeOf(tracks, here);
    if (!here || !place) return null;
    const known = walked.current;
    const same = known?.selection.track === here.track && known.selection.kind === here.kind;
    if (known && same && known.selection.index === here.index) return known;
    return { selection: here, at: place, time: place.interval[0] };
  };
  const extendTo = (next: Selection) => {
    const ends = [here, next].flatMap((each) => (each && placeOf(tracks, each)?.interval) ?? []);
    const { range } = useView.getState().view;
    look({ range: [Math.min(...ends, ...(range ?? [])), Math.max(...ends, ...(range ?? []))] });
  };
  const reveal = (next: Selection) => {
    const { interval } = placeOf(tracks, next)!;
    const view = rangeInView(useView.getState().view, end);
    const selected = selectedOf(tracks, next);
    if (interval[1] >= view.from && interval[0] <= view.to) return look({ selected });
    const length = view.to - view.from;
    const start = Math.max(0, (interval[0] + interval[1] - length) / 2);
    look({ selected, from: start, to: start + length });
  };

  return (direction: Direction, extend: boolean): void => {
    const start = from();
    const next = neighbour(tracks, layout, start, direction, rangeInView(useView.getState().view, end).from);
    if (!next) return;
    // Up and down keep to the time that they set out from.
    const vertical = direction === 'up' || direction === 'down';
    const time = start && vertical ? start.time : placeOf(tracks, next.selection)!.interval[0];
    walked.current = { ...next, time };
    if (extend && here) extendTo(next.selection);
    reveal(next.selection);
  };
}
