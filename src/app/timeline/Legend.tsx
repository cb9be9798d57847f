import { useMemo } from 'react';
import { legendOf } from '../lanes/legend';
import type { Timelines } from '../lanes/timelines';
import { DRAWN_BLOCKS, PALETTE } from '../parts/palette';
import { useText } from '../state/language';

/** What the colours and hatches of the lanes mean. */
export function Legend({ timelines: { tracks } }: { timelines: Timelines }) {
  const t = useText();
  const entries = useMemo(() => legendOf(t, tracks), [t, tracks]);
  return (
    <ul className="legend" aria-label={t.timeline.legend}>
      {entries.map(([colour, name]) => {
        const block = DRAWN_BLOCKS.find((each) => each === colour);
        const look = block && PALETTE[block];
        return (
          <li key={colour}>
            <i
              className={`swatch ${look ? (look.hatch ?? '') : colour}`}
              style={look && { backgroundColor: look.colour }}
            />
            {name}
          </li>
        );
      })}
      <li>{t.timeline.letters}</li>
    </ul>
  );
}
