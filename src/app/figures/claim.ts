import { nameOfMethod } from '../../connectivity/methods';
import type { Track } from '../../lab/experiments/track';
import type { LabRun } from '../../lab/runs/lab_run';
import type { Estimate } from '../../lab/statistics/estimate';
import type { Pass } from '../../program/program';
import type { ScheduleKind } from '../../schedule/orders';
import type { Timelines } from '../lanes/timelines';
import type { TermId } from '../parts/Term';
import { originOf, titlesOf } from '../parts/titles';
import type { SessionRun } from '../state/session';
import type { Text } from '../text/en';
import { ms } from '../text/format';

type Figure = {
  readonly value: string;
  readonly of: string;
  readonly faint: string | null;
  readonly term?: TermId;
};
type Claim = {
  readonly sentence: string;
  readonly figures: readonly Figure[];
  /** That one of two runs is of a model that has to be trained for it; null where both compute the same. */
  readonly needs: string | null;
};

const whole = (share: number): string => `${Math.round(100 * share)}\u00a0%`;

/** Of two tracks what the second gains and hides, of one what it hides; null where that is not known. */
export function claimOf(t: Text, timelines: Timelines): Claim | null {
  const { tracks, runs } = timelines;
  const [first, second] = tracks.map(({ track }) => track);
  const [firstTitle = '', secondTitle = ''] = titlesOf(t, timelines);
  if (!first) return null;
  if (!first.result)
    return first.tbtMs !== null && second?.tbtMs
      ? {
          sentence: t.figures.betweenTokens(firstTitle, ms(first.tbtMs), secondTitle, ms(second.tbtMs)),
          figures: [{ value: times(first.tbtMs / second.tbtMs), of: t.figures.tokensAsFast, faint: null }],
          needs: needsOf(t, first, second),
        }
      : null;
  const { wallMs, hidden } = first.result;
  const wall = ms(wallMs.median);
  const others = second?.result?.hidden;
  if (!second?.result)
    return {
      sentence: t.figures.takes(firstTitle, wall),
      figures: hidden ? [{ value: whole(hidden.median), of: t.figures.hidden, faint: null, term: 'hidden' }] : [],
      needs: null,
    };
  // Of two runs, or of two points of a sweep, only the times themselves compare.
  const isOneRun = !runs.some(Boolean) && first.point?.value === second.point?.value;
  const gain = gainOf(first.result, second.result, isOneRun);
  const took = ms(second.result.wallMs.median);
  const alike = isOneRun ? scheduleOf([first, second]) : null;
  const nameOf = (track: Track, title: string) =>
    alike ? t.say(nameOfMethod(track.combination!.connectivity)) : title;
  const names = [nameOf(first, firstTitle), nameOf(second, secondTitle)] as const;
  const hides: Figure[] = others
    ? [
        {
          value: whole(others.median),
          of: t.figures.hidden,
          term: 'hidden',
          faint: hidden && t.figures.insteadHidden(names[0], whole(hidden.median)),
        },
      ]
    : [];
  return {
    sentence: alike
      ? t.figures.alike(t.figures.onePass[passOf(first)], names[1], took, names[0], wall, t.figures.schedules[alike])
      : t.figures.insteadOf(names[1], took, names[0], wall),
    figures: [{ value: times(gain.median), of: t.figures.asFast, faint: rangeOf(gain) }, ...hides],
    needs: needsOf(t, first, second),
  };
}

/** FarSkip's blocks read something else than the regular model's, and so compute something else. */
function needsOf(t: Text, ...tracks: readonly Track[]): string | null {
  const shown = tracks.map(({ combination }) => combination?.connectivity);
  return shown.includes('farskip') && shown.includes('regular') ? t.figures.needsTraining : null;
}

/** How far the step went that a track is of. */
function passOf({ result }: Track): Pass {
  if (!result?.phases) return 'forward';
  return result.spans.some(({ phase }) => phase === 'update') ? 'step' : 'backward';
}

const times = (gain: number): string => `${gain.toFixed(2)}×`;
const rangeOf = ({ low, high }: Pick<Estimate, 'low' | 'high'>): string | null =>
  low === null || high === null ? null : `${low.toFixed(2)} – ${high.toFixed(2)}`;

/** The schedule that two tracks share; null where they have none, or each its own. */
function scheduleOf([first, second]: readonly [Track, Track]): ScheduleKind | null {
  const [own, other] = [first.combination?.schedule, second.combination?.schedule];
  return own !== undefined && own === other ? own : null;
}

type Measured = NonNullable<Track['result']>;

/** Where the first is what speed-ups are over, pair by pair; else the medians' ratio, which has no interval. */
function gainOf(first: Measured, second: Measured, isOneRun: boolean): Pick<Estimate, 'median' | 'low' | 'high'> {
  if (isOneRun && first.speedup.median === 1 && first.speedup.low === 1) return second.speedup;
  return { median: first.wallMs.median / second.wallMs.median, low: null, high: null };
}

/** What of a run was emulated; null where nothing was. */
function emulatedIn(run: LabRun): keyof Text['figures']['emulated'] | null {
  switch (run.kind) {
    case 'measurement':
      return run.result.link ? 'links' : 'devices';
    case 'sweep':
      return run.result.points.some(({ measurement }) => measurement.link) ? 'links' : 'devices';
    case 'generation':
      if (run.result.settings.link) return 'links';
      return run.result.settings.ranks > 1 ? 'devices' : null;
    default:
      return null;
  }
}

/** Where a run is from, and what of it was emulated, if anything. */
export function provenanceOf(
  t: Text,
  session: SessionRun,
): { readonly from: string; readonly emulated: string | null } {
  const emulated = emulatedIn(session.run);
  return { from: originOf(t, session), emulated: emulated && t.figures.emulated[emulated] };
}
