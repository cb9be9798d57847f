import { useMemo } from 'react';
import { type NamedTrack, type Timelines, timelinesOf } from './lanes/timelines';
import { useWatched } from './state/engine_store';
import { useText } from './state/language';
import { useRuns } from './state/runs_store';
import { namesShown, runName, trackNamed } from './state/session';
import { runOfTrack, trackName } from './state/view';
import { useView } from './state/view_store';

/** What tracks of the run that goes on are named by. */
const GOING_ON = 'going-on';

/**
 * Of a run that is going on, and watched, its tracks, of which there may be more than two the latest; else those that
 * the view names. `axis` names what they share: under another name, times mean something else.
 */
export function useTimelines(): Timelines & { readonly axis: string } {
  const t = useText();
  const live = useWatched();
  const runs = useRuns((state) => state.runs);
  const tracks = useView((state) => state.view.tracks);
  const align = useView((state) => state.view.align);
  return useMemo(() => {
    if (live) {
      const latest = live.tracks.slice(-2).map((track) => ({ name: trackName(GOING_ON, track.key), track, run: null }));
      return { axis: String(latest.map(({ name }) => name)), ...timelinesOf(latest, 'time') };
    }
    const shown = namesShown(runs, tracks).flatMap((name) => {
      const track = trackNamed(runs, name);
      return track ? [{ name, track }] : [];
    });
    const several = new Set(shown.map(({ name }) => runOfTrack(name))).size > 1;
    const named = shown.map((own): NamedTrack => {
      const session = runs.find(({ run }) => run.id === runOfTrack(own.name))!;
      return { ...own, run: several ? runName(t, session) : null };
    });
    return { axis: `${shown.map(({ name }) => name)} ${align}`, ...timelinesOf(named, align) };
  }, [live, runs, tracks, align, t]);
}
