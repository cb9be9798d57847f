import type { Track } from '../lab/experiments/track';
import { titleOf } from './parts/titles';
import { useText } from './state/language';
import { ms, percent } from './text/format';

/** What two tracks of one run come to, in a line. */
export function Headline({ tracks: [first, second] }: { tracks: readonly Track[] }) {
  const t = useText();
  if (first?.result === null && first.tbtMs !== null && second?.tbtMs)
    return (
      <p className="headline">
        {t.results.decodeHeadline(titleOf(t, first), titleOf(t, second), ms(first.tbtMs), ms(second.tbtMs))}
      </p>
    );
  if (!first?.result || !second?.result || first.result.speedup.median !== 1) return null;
  const hidden = (track: Track) => percent(track.result!.hidden?.median ?? 0);
  return (
    <p className="headline">
      {t.results.headline(
        titleOf(t, first),
        titleOf(t, second),
        ms(first.result.wallMs.median),
        ms(second.result.wallMs.median),
        second.result.speedup.median.toFixed(2),
        hidden(first),
        hidden(second),
      )}
    </p>
  );
}
