import type { Gap } from '../../trace/gaps';
import type { Span } from '../../trace/span';
import type { Selected, View } from '../state/view';
import type { Prepared } from './lanes';

/** A span or a gap of the tracks on show, by its place there; in a link it is said by what it is (`Selected`). */
export type Selection = { readonly track: number; readonly kind: 'span' | 'gap'; readonly index: number };

/** Where what is selected lies in the tracks on show; null where it does not. */
export function selectionIn(tracks: readonly Prepared[], selected: View['selected']): Selection | null {
  if (!selected) return null;
  const track = tracks.findIndex(({ name }) => name === selected.track);
  const prepared = tracks[track];
  if (!prepared) return null;
  if ('place' in selected) {
    const list = selected.list === 'spans' ? prepared.track.spans : prepared.gaps;
    const kind = selected.list === 'spans' ? 'span' : 'gap';
    return selected.place < list.length ? { track, kind, index: selected.place } : null;
  }
  const kind = selected.kind === 'gap' ? 'gap' : 'span';
  const index = alikeIn(prepared, selected)[selected.nth];
  return index === undefined ? null : { track, kind, index };
}

/** What a selection is, to be found again wherever its run is on show. */
export function selectedOf(tracks: readonly Prepared[], { track, kind, index }: Selection): Selected {
  const prepared = tracks[track]!;
  const what =
    kind === 'span'
      ? { kind: prepared.track.spans[index]!.kind, ...placeOfSpan(prepared.track.spans[index]!) }
      : { kind, ...placeOfGap(prepared.gaps[index]!) };
  return { track: prepared.name, ...what, nth: alikeIn(prepared, what).indexOf(index) };
}

type What = Pick<Selected, 'kind' | 'op' | 'rank'>;
const placeOfSpan = ({ op, rank }: Span): Pick<What, 'op' | 'rank'> => ({ op, rank });
const placeOfGap = ({ before, rank }: Gap): Pick<What, 'op' | 'rank'> => ({ op: before?.op ?? null, rank });

/** Places of all that are alike in kind, operation and rank, in order of time. */
function alikeIn({ track: { spans }, gaps }: Prepared, { kind, op, rank }: What): number[] {
  const found: number[] = [];
  // A loop without objects: there may be a hundred thousand spans.
  if (kind === 'gap') {
    for (const [i, gap] of gaps.entries()) if (gap.rank === rank && (gap.before?.op ?? null) === op) found.push(i);
  } else
    for (let i = 0; i < spans.length; i++) {
      const span = spans[i]!;
      if (span.op === op && span.rank === rank && span.kind === kind) found.push(i);
    }
  const list: readonly { readonly start: number }[] = kind === 'gap' ? gaps : spans;
  return found.sort((a, b) => list[a]!.start - list[b]!.start || a - b);
}
