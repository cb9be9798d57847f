import type { Track } from '../../lab/experiments/track';
import { type LabRun, LONGEST_NAME } from '../../lab/runs/lab_run';
import { gridPointOf, type NamedId } from '../../lab/runs/recorded';
import { tracksOf } from '../../lab/runs/run_kinds';
import type { Text } from '../text/en';
import { runOfTrack, trackName } from './view';

/** A run of the session's list: measured here, recorded elsewhere and served with the page, or from a file. */
export type SessionRun = {
  readonly run: LabRun;
  readonly tracks: readonly Track[];
  readonly origin: 'measured' | 'recorded' | 'opened';
  /** Leaving the page loses nothing: it is in a file. */
  readonly saved: boolean;
  /** As it is, it is kept in the browser, in so many bytes; null: it is not, or not yet. */
  readonly keptBytes: number | null;
  /** It was kept when the page opened, and is shown when it is asked for. */
  readonly restored: boolean;
};

export const sessionRun = (run: LabRun, origin: SessionRun['origin']): SessionRun => ({
  run,
  // A run without timelines (of a sweep saved lean) has numbers alone.
  tracks: tracksOf(run).filter(({ spans }) => spans.length > 0),
  origin,
  saved: origin !== 'measured',
  keptBytes: null,
  restored: false,
});

/** The session's runs with one more, under a name that none is shown by; one of the same id is replaced. */
export function withRun(
  runs: readonly SessionRun[],
  added: SessionRun,
  nameShown: (run: SessionRun) => string,
): SessionRun[] {
  const others = runs.filter(({ run }) => run.id !== added.run.id);
  const name = added.origin === 'recorded' ? added.run.name : freeName(others.map(nameShown), added.run.name);
  return [...others, { ...added, run: { ...added.run, name } }];
}

/** A name, or if it is taken the first of “name (2)”, “name (3)” … that is not. */
export function freeName(taken: readonly string[], name: string): string {
  let free = name;
  for (let number = 2; taken.includes(free); number++) {
    const suffix = ` (${number})`;
    free = name.slice(0, LONGEST_NAME - suffix.length) + suffix;
  }
  return free;
}

/** What a run is called: a recorded one in the page's words, any other as it was named. */
export const runName = (t: Text, { run, origin }: Pick<SessionRun, 'run' | 'origin'>): string =>
  (origin === 'recorded' && recordedName(t, run.id)) || run.name;

/** What a recorded run is called by its id. */
export function recordedName(t: Text, id: string): string {
  const point = gridPointOf(id);
  return point ? t.runs.gridName(point) : t.runs.recordedNames[id as NamedId];
}

/** A track by its name in a view. */
export function trackNamed(runs: readonly SessionRun[], name: string): Track | null {
  for (const { run, tracks } of runs)
    for (const track of tracks) if (trackName(run.id, track.key) === name) return track;
  return null;
}

/**
 * Names of a run's last track and of the first of the same schedule, of a sweep those of one point: of four
 * combinations the regular, overlapped one and the FarSkip, overlapped one. Where none is, of its first and last.
 */
export function tracksOfRun({ run, tracks }: SessionRun): readonly string[] {
  // Of a sweep, its last point's.
  const point = tracks.at(-1)?.point?.value;
  const own = tracks.filter((track) => track.point?.value === point);
  const last = own.at(-1);
  // A run that has no track is named all the same, so that its numbers are on show.
  if (!last) return [trackName(run.id, 'numbers')];
  const alike = own.find(({ combination }) => combination?.schedule === last.combination?.schedule);
  const first = alike === last ? own[0]! : alike!;
  return [...new Set([first, last])].map(({ key }) => trackName(run.id, key));
}

/**
 * The tracks on show: those of runs at hand that the view names or, where it names none, those of the recorded run
 * that came last, else of the first, which need not be in a link.
 */
export function namesShown(runs: readonly SessionRun[], tracks: readonly string[]): readonly string[] {
  const named = tracks.filter((name) => runs.some(({ run }) => run.id === runOfTrack(name)));
  if (named.length > 0) return named;
  const first = runs.findLast(({ origin }) => origin === 'recorded') ?? runs.find(({ restored }) => !restored);
  return first ? tracksOfRun(first) : [];
}

/** The run whose numbers are on show. */
export function runShown(runs: readonly SessionRun[], tracks: readonly string[]): SessionRun | undefined {
  const [first] = namesShown(runs, tracks);
  return first === undefined ? undefined : runs.find(({ run }) => run.id === runOfTrack(first));
}
