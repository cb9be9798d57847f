import type { Track } from '../lab/lab_run';
import type { Combination } from '../lab/progress';
import type { Text } from './text/en';

export const combinationTitle = (t: Text, { connectivity, schedule }: Combination): string =>
  `${t.tracks.connectivity(connectivity)}${t.join.comma}${t.tracks.schedule[schedule]}`;

/** What a track is of, in words. */
export function titleOf(t: Text, { combination, point }: Pick<Track, 'combination' | 'point'>): string {
  const title = combination ? combinationTitle(t, combination) : t.tracks.trace;
  return point ? `${title}${t.join.comma}${t.tracks.point(t.form.sweeps[point.over], point.value)}` : title;
}
