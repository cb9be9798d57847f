import { nameOfMethod } from '../../connectivity/methods';
import { nameOfCombination, nameOfSchedule } from '../../lab/experiments/experiment';
import type { Track } from '../../lab/experiments/track';
import { machineOf } from '../../lab/runs/lab_run';
import { dateOf } from '../../lab/runs/run_kinds';
import { comparesAll, type Form } from '../state/form';
import type { SessionRun } from '../state/session';
import type { Text } from '../text/en';
import { bytes } from '../text/format';

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

type Shown = {
  readonly tracks: readonly { readonly track: Pick<Track, 'combination' | 'point'> }[];
  readonly runs: readonly (string | null)[];
};

/** What the tracks on show are of, with their runs' names where they are of several. */
export const titlesOf = (t: Text, { tracks, runs }: Shown): string[] =>
  tracks.map(({ track }, i) => [runs[i], titleOf(t, track)].filter(Boolean).join(t.join.colon));

/** Where a run is from, and when. */
export function originOf(t: Text, { run, origin }: SessionRun): string {
  const date = dateOf(run);
  if (date === null) return t.runs.fromTrace;
  const when = t.date(date);
  if (origin === 'measured') return [t.runs.measuredHere, when].join(t.join.comma);
  return origin === 'recorded' ? t.runs.recordedOn(machineOf(run), when) : t.runs.opened(machineOf(run), when);
}

/** Where a run is when the page is left; null: nowhere that the page should tell. */
export function keptWhere(t: Text, { saved, keptBytes }: SessionRun): string | null {
  if (keptBytes !== null) return t.runs.keptHere(bytes(keptBytes));
  return saved ? null : t.runs.unsaved;
}
