import { nameOfMethod } from '../../connectivity/methods';
import type { Track } from '../../lab/experiments/track';
import { GRID, type GridPoint, gridPointOf } from '../../lab/runs/recorded';
import type { ScheduleKind } from '../../schedule/orders';
import { alignLayers, layerStartsOf, onAxis } from '../../trace/layers';
import type { Phrase } from '../../words/phrase';
import type { SessionRun } from './session';
import { trackName, type View } from './view';

/** What is compared in a run: its first connectivity with its last, or the first alone, under one schedule. */
export type Compared = {
  readonly schedules: readonly ScheduleKind[];
  readonly schedule: ScheduleKind;
  /** The last connectivity's name. */
  readonly other: Phrase;
  readonly withOther: boolean;
};

/** What of a run is on show, in those terms; null where the run can't be stepped so. */
export function comparedIn({ tracks, run }: SessionRun, names: readonly string[]): Compared | null {
  const [first, last] = [tracks[0]?.combination, tracks.at(-1)?.combination];
  if (run.kind !== 'measurement' || !first || !last || first.connectivity === last.connectivity) return null;
  const shown = tracks.filter(({ key }) => names.includes(trackName(run.id, key)));
  const latest = shown.at(-1)?.combination;
  if (!latest) return null;
  return {
    schedules: [...new Set(tracks.flatMap(({ combination }) => combination?.schedule ?? []))],
    schedule: latest.schedule,
    other: nameOfMethod(last.connectivity),
    withOther: shown.some(({ combination }) => combination?.connectivity === last.connectivity),
  };
}

/** Names of the tracks that show so much of a run. */
export function tracksFor(
  id: string,
  tracks: readonly Pick<Track, 'key' | 'combination'>[],
  { schedule, withOther }: Pick<Compared, 'schedule' | 'withOther'>,
): string[] {
  const connectivities = [tracks[0], ...(withOther ? [tracks.at(-1)] : [])].map(
    (track) => track?.combination?.connectivity,
  );
  return connectivities.flatMap((connectivity) => {
    const own = tracks.find(
      ({ combination }) => combination?.connectivity === connectivity && combination?.schedule === schedule,
    );
    return own ? [trackName(id, own.key)] : [];
  });
}

/** The grid's point whose run is on show; null where it is no run of the grid. */
export const pointOnShow = ({ run, origin }: SessionRun): GridPoint | null =>
  origin === 'recorded' ? gridPointOf(run.id) : null;

/** A point one step lower or higher; null at the end. */
export function stepped(point: GridPoint, along: 'ranks' | 'ratio', by: -1 | 1): GridPoint | null {
  const values: readonly number[] = GRID[along];
  const value = values[values.indexOf(point[along]) + by];
  return value === undefined ? null : ({ ...point, [along]: value } as GridPoint);
}

const LAYERS_IN_VIEW = 3;

/** Some layers from the middle of runs that are aligned by layer, so that waiting is seen; all of few. */
export function middleLayers(tracks: readonly Pick<Track, 'spans'>[]): Pick<View, 'align' | 'from' | 'to'> {
  const [first, ...others] = tracks.map(({ spans }) => spans);
  const starts = first ? layerStartsOf(first) : [];
  const middle = Math.floor((starts.length - LAYERS_IN_VIEW) / 2);
  const [from, to] = [starts[middle], starts[middle + LAYERS_IN_VIEW]];
  if (!first || middle < 1 || !from || !to) return { align: 'layer', from: null, to: null };
  const [alignment] = alignLayers([first, ...others]);
  return { align: 'layer', from: onAxis(alignment!, from.at), to: onAxis(alignment!, to.at) };
}

/** How a run is shown first: some layers, the first device open and the others folded. */
export function firstLook(
  { run, tracks }: SessionRun,
  names: readonly string[],
): Pick<View, 'align' | 'from' | 'to' | 'collapsed'> {
  const shown = tracks.filter(({ key }) => names.includes(trackName(run.id, key)));
  const ranks = Math.max(0, ...shown.map((track) => track.ranks));
  return { ...middleLayers(shown), collapsed: Array.from({ length: Math.max(0, ranks - 1) }, (_, i) => i + 1) };
}

/**
 * How another run, or other tracks, are looked at after `before`: layers in view stay in view where runs are aligned by
 * them; of what lies on another axis all is shown. Where all devices but the first were folded, they are.
 */
export function lookKept(
  view: View,
  before: SessionRun,
  own: SessionRun,
  shown: readonly string[],
): Pick<View, 'from' | 'to' | 'collapsed'> {
  const look = firstLook(own, shown);
  const ranks = Math.max(0, ...before.tracks.map((track) => track.ranks));
  const foldedAll = view.collapsed.length === ranks - 1 && !view.collapsed.includes(0);
  const keepsLayers = view.from !== null && view.align === 'layer';
  return {
    from: keepsLayers ? look.from : null,
    to: keepsLayers ? look.to : null,
    collapsed: foldedAll ? look.collapsed : view.collapsed,
  };
}
