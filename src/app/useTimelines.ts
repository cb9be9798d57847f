import { useMemo } from 'react';
import { namesShown, trackNamed } from './session';
import { useLab, watched } from './store';
import { useText } from './text/useText';
import { type Timelines, timelinesOf } from './timeline/timelines';
import { runName } from './titles';
import { runOfTrack } from './view';

/**
 * Of a run that is going on, and watched, its tracks, of which there may be more than two the latest; else those that
 * the view names. `axis` names what they share: under another name, times mean something else.
 */
export function useTimelines(): Timelines & { readonly axis: string } {
  const t = useText();
  const live = useLab(watched);
  const runs = useLab((state) => state.runs);
  const top = useLab((state) => state.view.top);
  const bottom = useLab((state) => state.view.bottom);
  const align = useLab((state) => state.view.align);
  return useMemo(() => {
    if (live) {
      const latest = live.tracks.slice(-2);
      return { axis: `going on: ${latest.map(({ key }) => key)}`, ...timelinesOf(latest, 'time') };
    }
    const shown = namesShown(runs, { top, bottom });
    const found = [shown.top, shown.bottom].flatMap((name) => {
      const track = trackNamed(runs, name);
      return track ? [{ track, session: runs.find(({ run }) => run.id === runOfTrack(name))! }] : [];
    });
    const several = new Set(found.map(({ session }) => session.run.id)).size > 1;
    const names = found.map(({ session }) => (several ? runName(t, session) : null));
    const tracks = found.map(({ track }) => track);
    return { axis: `${shown.top} ${shown.bottom} ${align}`, ...timelinesOf(tracks, align, names) };
  }, [live, runs, top, bottom, align, t]);
}
