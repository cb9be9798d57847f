import { RunId } from '../../lab/runs/run_file';
import type { Frozen } from '../../words/frozen';
import { phrase } from '../../words/phrase';
import { because, z } from '../../words/zod';
import { LANGUAGE_IDS } from '../text/catalogues';

/** A track by its run and its key there. */
const TrackName = z
  .string()
  .regex(/^[\w.-]{1,80}\/[\w.:-]{1,80}$/, because(phrase`it should be a run and a track of it, as RUN/TRACK`));
export const trackName = (run: string, key: string): string => `${run}/${key}`;
export const runOfTrack = (name: string): string | null => RunId.safeParse(name.split('/')[0]).data ?? null;

const Time = z.number().min(-1e9).max(1e9).nullable();
const Range = z.tuple([z.number().min(-1e9).max(1e9), z.number().min(-1e9).max(1e9)]);
const index = z.number().int().min(0).max(1e9);

/**
 * What is selected, by what it is: a span of an operation on a rank, or a gap before one. `nth` tells apart those that
 * are alike in all that (a ring's messages, the pieces of a wait, the kernels of foreign traces), in order of time.
 */
export const Selected = z.object({
  track: TrackName,
  kind: z.enum(['compute', 'collective', 'message', 'copy', 'gap']),
  /** Of a gap, the operation that ended it; null: none did. */
  op: z.number().int().nullable(),
  rank: index,
  nth: index,
});
export type Selected = Readonly<z.infer<typeof Selected>>;

/** As links of version 1 have it: by its place among a track's spans or gaps. */
const SelectedByPlace = z.object({ track: TrackName, list: z.enum(['spans', 'gaps']), place: index });

/** Tracks under each other, at most. */
export const MOST_TRACKS = 6;

/** What is looked at, and how; goes into the page's link beside the settings. */
export const View = z.object({
  /** The tracks on show, under each other; empty: those of the session's first run. */
  tracks: z.array(TrackName).max(MOST_TRACKS),
  /** Range of the axis in view, ms; null: all of it. */
  from: Time,
  to: Time,
  align: z.enum(['time', 'layer']),
  /** Devices whose lanes are folded into one. */
  collapsed: z.array(z.number().int().min(0).max(4095)).max(4096),
  /** The overlap windows shaded; arrows from send to receive. */
  windows: z.boolean(),
  arrows: z.boolean(),
  selected: z.union([Selected, SelectedByPlace]).nullable(),
  /** A range of the axis whose sums are shown, and ranges that were marked, ms. */
  range: Range.nullable(),
  marks: z.array(Range).max(50),
  /** Spans that do not match are drawn faintly; empty: no search. */
  search: z.string().max(200),
  lang: z.enum(['auto', ...LANGUAGE_IDS]),
});
export type View = Frozen<z.infer<typeof View>>;

export const DEFAULT_VIEW: View = {
  tracks: [],
  from: null,
  to: null,
  align: 'time',
  collapsed: [],
  windows: true,
  arrows: false,
  selected: null,
  range: null,
  marks: [],
  search: '',
  lang: 'auto',
};

/** What is chosen of some runs means nothing for others. */
export const NOTHING_CHOSEN: Pick<View, 'from' | 'to' | 'selected' | 'range' | 'marks'> = {
  from: null,
  to: null,
  selected: null,
  range: null,
  marks: [],
};
