import type { Text } from '../text/en';
import { ms } from '../text/format';
import type { Scene } from './draw';

/** What is written on the lanes. */
export const namesOfLanes = (t: Text): Scene['names'] => ({
  layer: ({ layer, phase }) => (phase === 'forward' ? t.timeline.layer : t.timeline.backwardLayer)(layer),
  sooner: (time) => t.timeline.sooner(ms(time)),
  drained: t.timeline.drained,
  step: (step) => t.timeline.token(step + 1),
  blocks: (item, { track }) => track.spans[item]!.name,
  waits(item, { gaps, collectives: named }) {
    const { category, op, start, end } = gaps[item]!;
    if (category !== 'waiting') return null;
    const awaited = op === null ? undefined : named.get(op);
    const time = ms(end - start);
    return [...(awaited ? [t.timeline.waitsFor(awaited, time)] : []), t.timeline.waits(time), time];
  },
});
