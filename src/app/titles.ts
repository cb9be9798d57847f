import type { Track } from '../lab/lab_run';
import type { Combination } from '../lab/progress';
import type { RecordedId } from '../lab/recorded';
import { compareOf, type Form } from './form';
import type { SessionRun } from './session';
import type { Text } from './text/en';

export const combinationTitle = (t: Text, { connectivity, schedule }: Combination): string =>
  `${t.tracks.connectivity(connectivity)}${t.join.comma}${t.tracks.schedule[schedule]}`;

/** What pressing Run does. */
export function runTitle(t: Text, form: Form): string {
  const measuring = form.task === 'measure';
  switch (compareOf(form)) {
    case 'both':
      return measuring ? t.form.runBoth : t.form.generateBoth;
    case 'all':
      return t.form.runAll;
    case 'chosen': {
      const one = combinationTitle(t, { connectivity: form.farskip ? 'farskip' : 'regular', schedule: form.schedule });
      return (measuring ? t.form.runOne : t.form.generateOne)(one);
    }
  }
}

/** What a run is called: a recorded one in the page's words, any other as it was named. */
export const runName = (t: Text, { run, origin }: Pick<SessionRun, 'run' | 'origin'>): string =>
  (origin === 'recorded' && t.runs.recordedNames[run.id as RecordedId]) || run.name;

/** What a track is of, in words. */
export function titleOf(t: Text, { combination, point }: Pick<Track, 'combination' | 'point'>): string {
  const title = combination ? combinationTitle(t, combination) : t.tracks.trace;
  return point ? `${title}${t.join.comma}${t.tracks.point(t.form.sweeps[point.over], point.value)}` : title;
}
