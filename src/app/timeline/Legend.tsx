import { useMemo } from 'react';
import type { Timelines } from '../lanes/timelines';
import { DRAWN_BLOCKS, PALETTE } from '../parts/palette';
import { useText } from '../state/language';

/** What the colours and hatches of the lanes mean. */
export function Legend({ timelines: { tracks } }: { timelines: Timelines }) {
  const t = useText();
  const [blocks, uncertain] = useMemo(() => {
    const spans = tracks.flatMap(({ track }) => track.spans);
    const drawn = new Set<string>(spans.map(({ block }) => block));
    return [
      DRAWN_BLOCKS.filter((block) => drawn.has(block)),
      spans.some((span) => span.kind === 'compute' && span.uncertain),
    ] as const;
  }, [tracks]);
  const words = {
    exposed: t.timeline.exposed,
    idle: t.timeline.idle,
    copy: t.timeline.copy,
    window: t.timeline.windowLegend,
    host: t.timeline.hostLate,
    uncertain: t.timeline.uncertain,
  };
  // Blocks that are drawn alike are listed once.
  const alike = [...new Map(blocks.map((block) => [t.blocks[block], block])).values()];
  return (
    <ul className="legend" aria-label={t.timeline.legend}>
      {alike.map((block) => (
        <li key={block}>
          <i className={`swatch ${PALETTE[block].hatch ?? ''}`} style={{ backgroundColor: PALETTE[block].colour }} />
          {t.blocks[block]}
        </li>
      ))}
      {(['exposed', 'idle', 'copy', 'window', 'host', ...(uncertain ? (['uncertain'] as const) : [])] as const).map(
        (kind) => (
          <li key={kind}>
            <i className={`swatch ${kind}`} />
            {words[kind]}
          </li>
        ),
      )}
      <li>{t.timeline.letters}</li>
    </ul>
  );
}
