import { type DrawnBlock, PALETTE } from '../parts/palette';
import { useText } from '../state/language';

/** What the colours and hatches of the lanes mean. */
export function Legend({ blocks, uncertain }: { blocks: readonly DrawnBlock[]; uncertain: boolean }) {
  const t = useText();
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
