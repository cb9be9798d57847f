import { nameOfMethod } from '../../connectivity/methods';
import { nameOfCombination, nameOfSchedule } from '../../lab/experiments/experiment';
import type { Track } from '../../lab/experiments/track';
import { comparesAll, type Form } from '../state/form';
import type { Text } from '../text/en';

/** What pressing Run does. */
export function runTitle(t: Text, form: Form): string {
  const measuring = form.task === 'measure';
  const { length } = form.connectivity;
  const each = form.connectivity.map((method) => t.say(nameOfMethod(method)));
  const names = length > 2 ? t.form.connectivities(length) : each.join(t.join.and);
  const one = length === 1 && !comparesAll(form);
  const what = one ? `${names}${t.join.comma}${t.say(nameOfSchedule(form.schedule.at(-1)!))}` : names;
  return measuring ? t.form.run(what) : t.form.generateWith(what);
}

/** What a track is of, in words. */
export function titleOf(t: Text, { combination, point }: Pick<Track, 'combination' | 'point'>): string {
  const title = combination ? t.say(nameOfCombination(combination)) : t.tracks.trace;
  return point ? `${title}${t.join.comma}${t.tracks.point(t.form.sweeps[point.over], point.value)}` : title;
}
