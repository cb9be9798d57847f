import { RunId } from '../lab/run_file';
import { phrase } from '../words/phrase';
import { because, z } from '../words/zod';

/** A track by its run and its key there; empty: none. */
export const TrackName = z
  .string()
  .regex(/^([\w.-]{1,80}\/[\w.:-]{1,80})?$/, because(phrase`it should be a run and a track of it, as RUN/TRACK`));
export const trackName = (run: string, key: string): string => `${run}/${key}`;
export const runOfTrack = (name: string): string | null => RunId.safeParse(name.split('/')[0]).data ?? null;

const Time = z.number().min(-1e9).max(1e9).nullable();
const Range = z.tuple([z.number().min(-1e9).max(1e9), z.number().min(-1e9).max(1e9)]);

/** What is looked at, and how; goes into the page's link beside the settings. */
export const View = z.object({
  /** The tracks on show, the second under the first. */
  top: TrackName,
  bottom: TrackName,
  /** Range of the axis in view, ms; null: all of it. */
  from: Time,
  to: Time,
  align: z.enum(['time', 'layer']),
  /** Devices whose lanes are folded into one. */
  collapsed: z.array(z.number().int().min(0).max(4095)).max(4096),
  /** The overlap windows shaded; arrows from send to receive. */
  windows: z.boolean(),
  arrows: z.boolean(),
  /** A span (s) or a gap (g) of the first or second track on show, by its place; empty: none. */
  selected: z
    .string()
    .regex(/^([01][sg]\d{1,9})?$/, because(phrase`it should be 0 or 1 for the track, s or g, and a number`)),
  /** A range of the axis whose sums are shown, and ranges that were marked, ms. */
  range: Range.nullable(),
  marks: z.array(Range).max(50),
  /** Spans that do not match are drawn faintly; empty: no search. */
  search: z.string().max(200),
  lang: z.enum(['auto', 'en', 'zh']),
});
export type View = Readonly<z.infer<typeof View>>;

export const DEFAULT_VIEW: View = {
  top: '',
  bottom: '',
  from: null,
  to: null,
  align: 'time',
  collapsed: [],
  windows: true,
  arrows: false,
  selected: '',
  range: null,
  marks: [],
  search: '',
  lang: 'auto',
};

/** What is chosen of some runs means nothing for others. */
export const NOTHING_CHOSEN: Pick<View, 'from' | 'to' | 'selected' | 'range' | 'marks'> = {
  from: null,
  to: null,
  selected: '',
  range: null,
  marks: [],
};

/** What `View.selected` names. */
export type Selection = { readonly track: 0 | 1; readonly kind: 'span' | 'gap'; readonly index: number };

export function selectionOf(selected: string): Selection | null {
  const [, track, kind, index] = /^([01])([sg])(\d+)$/.exec(selected) ?? [];
  return track ? { track: track === '0' ? 0 : 1, kind: kind === 's' ? 'span' : 'gap', index: Number(index) } : null;
}

export const selectedName = ({ track, kind, index }: Selection): string =>
  `${track}${kind === 'span' ? 's' : 'g'}${index}`;
