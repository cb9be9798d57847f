import { useMemo } from 'react';
import { namesShown, trackNamed } from './session';
import { useLab, watched } from './store';
import { type Timelines, timelinesOf } from './timeline/timelines';
import { runOfTrack } from './view';

/** Of a run that is going on, and watched, its tracks, of which there may be more than two the latest; else those that the view names. */
export function useTimelines(): Timelines {
  const live = useLab(watched);
  const runs = useLab((state) => state.runs);
  const top = useLab((state) => state.view.top);
  const bottom = useLab((state) => state.view.bottom);
  const align = useLab((state) => state.view.align);
  return useMemo(() => {
    if (live) return timelinesOf(live.tracks.slice(-2), 'time');
    const shown = namesShown(runs, { top, bottom });
    const found = [shown.top, shown.bottom].flatMap((name) => {
      const track = trackNamed(runs, name);
      return track ? [{ track, run: runs.find(({ run }) => run.id === runOfTrack(name))!.run }] : [];
    });
    const several = new Set(found.map(({ run }) => run.id)).size > 1;
    return timelinesOf(
      found.map(({ track }) => track),
      align,
      found.map(({ run }) => (several ? run.name : null)),
    );
  }, [live, runs, top, bottom, align]);
}
