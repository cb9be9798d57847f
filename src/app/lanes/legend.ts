import { DRAWN_BLOCKS } from '../parts/palette';
import type { Text } from '../text/en';
import type { Prepared } from './lanes';

/** What the colours on the lanes mean: of blocks those that are there, then those of gaps. */
export function legendOf(t: Text, tracks: readonly Prepared[]): readonly (readonly [colour: string, name: string])[] {
  const spans = tracks.flatMap(({ track }) => track.spans);
  const drawn = new Set<string>(spans.map(({ block }) => block));
  const blocks = DRAWN_BLOCKS.filter((block) => drawn.has(block));
  // Blocks that are drawn alike are listed once.
  const alike = [...new Map(blocks.map((block) => [t.blocks[block], block])).values()];
  const uncertain = spans.some((span) => span.kind === 'compute' && span.uncertain);
  const { timeline } = t;
  return [
    ...alike.map((block) => [block, t.blocks[block]] as const),
    ['exposed', timeline.exposed],
    ['idle', timeline.idle],
    ['copy', timeline.copy],
    ['window', timeline.windowLegend],
    ['host', timeline.hostLate],
    ...(uncertain ? ([['uncertain', timeline.uncertain]] as const) : []),
  ];
}
