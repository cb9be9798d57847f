import { titleOf } from '../parts/titles';
import { useText } from '../state/language';
import { useRuns } from '../state/runs_store';
import { namesShown, runName, trackNamed } from '../state/session';
import { MOST_TRACKS, trackName } from '../state/view';
import { useView } from '../state/view_store';

/** What a timeline's choice says while the run that goes on is on show: no track's name. */
const GOING_ON = 'going on';

/** Which tracks lie under each other: one more than there are can be chosen. */
export function TrackFields() {
  const t = useText();
  const runs = useRuns((state) => state.runs);
  const watching = useView((state) => state.watching);
  const tracks = useView((state) => state.view.tracks);
  const { look, show } = useView.getState();
  if (!runs.some((each) => each.tracks.length > 0)) return null;
  const names = watching ? [GOING_ON] : namesShown(runs, tracks);
  const places = [...names, ...(names.length < MOST_TRACKS ? [''] : [])];
  const choose = (place: number, name: string) => {
    const before = namesShown(runs, tracks);
    const after = before.toSpliced(place, 1, ...(name === '' ? [] : [name]));
    if (watching || before.some((other) => !after.includes(other))) return show(after);
    // Nothing that could be chosen is gone.
    const { from, to, selected, range, marks } = useView.getState().view;
    look({ tracks: after, from, to, selected, range, marks });
  };
  return (
    <div className="tracks">
      {places.map((name, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a timeline is told by its place
        <label key={place}>
          {t.runs.timeline(place + 1)}
          <select value={name} onChange={(event) => choose(place, event.target.value)}>
            {name === GOING_ON && <option value={GOING_ON}>{t.runs.goingOn}</option>}
            {name !== GOING_ON && name !== '' && !trackNamed(runs, name) && (
              <option value={name}>{t.runs.noTrack}</option>
            )}
            {(place > 0 || name === '') && <option value="">{t.runs.noTimeline}</option>}
            {runs.map((each) => (
              <optgroup key={each.run.id} label={runName(t, each)}>
                {each.tracks.map((track) => (
                  <option
                    key={track.key}
                    value={trackName(each.run.id, track.key)}
                    disabled={names.some((other, i) => i !== place && other === trackName(each.run.id, track.key))}
                  >
                    {/* The closed field shows this alone, not the group's label. */}
                    {runs.length > 1 ? `${titleOf(t, track)} · ${runName(t, each)}` : titleOf(t, track)}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}
