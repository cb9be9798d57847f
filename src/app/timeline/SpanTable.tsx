import { useMemo, useState } from 'react';
import { offAxis } from '../../trace/layers';
import type { Span } from '../../trace/span';
import { selectedOf } from '../lanes/selection';
import { rangeInView, type Timelines } from '../lanes/timelines';
import { Scroll } from '../parts/fields';
import { titleOf } from '../parts/titles';
import { useText } from '../state/language';
import { useView } from '../state/view_store';
import { bytes, flops, ms } from '../text/format';

const PAGE = 50;

/** What the lanes show, as tables: the spans in view of each track, page by page. */
export function SpanTable({ timelines }: { timelines: Timelines }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <details className="twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.timeline.table}</summary>
      {open &&
        timelines.tracks.map((_, index) => <TrackTable key={String(index)} timelines={timelines} index={index} />)}
    </details>
  );
}

function TrackTable({ timelines, index }: { timelines: Timelines; index: number }) {
  const t = useText();
  const { track, alignment } = timelines.tracks[index]!;
  const look = useView((state) => state.look);
  const from = useView((state) => state.view.from);
  const to = useView((state) => state.view.to);
  const [page, setPage] = useState(0);
  const axis = rangeInView({ from, to }, timelines.end);
  const view = { from: offAxis(alignment, axis.from), to: offAxis(alignment, axis.to) };
  const rows = useMemo(
    () =>
      track.spans
        .flatMap((span, at) => (span.end >= view.from && span.start <= view.to ? [{ span, at }] : []))
        .toSorted((a, b) => a.span.start - b.span.start || a.span.rank - b.span.rank),
    [track, view.from, view.to],
  );
  const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
  const shown = Math.min(page, last);
  const own = rows.slice(shown * PAGE, (shown + 1) * PAGE);
  const { columns } = t.timeline;
  return (
    <Scroll label={titleOf(t, track)}>
      <table>
        <caption>
          {t.timeline.tableCaption(titleOf(t, track), ms(view.from), ms(view.to), own.length, rows.length)}
        </caption>
        <thead>
          <tr>
            {[
              columns.start,
              columns.length,
              columns.device,
              columns.lane,
              columns.what,
              columns.layer,
              columns.more,
            ].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {own.map(({ span, at }) => (
            <tr key={at}>
              <td>{span.start.toFixed(3)}</td>
              <td>{(span.end - span.start).toFixed(3)}</td>
              <td>{span.rank}</td>
              <td>{t.timeline.lane[laneOf(span)]}</td>
              <td>
                <button
                  type="button"
                  className="link"
                  onClick={() =>
                    look({ selected: selectedOf(timelines.tracks, { track: index, kind: 'span', index: at }) })
                  }
                >
                  {span.name}
                </button>
              </td>
              <td>{span.layer}</td>
              <td>{more(span)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="row">
        <button type="button" disabled={shown === 0} onClick={() => setPage(shown - 1)}>
          {t.timeline.previous}
        </button>
        <button type="button" disabled={shown === last} onClick={() => setPage(shown + 1)}>
          {t.timeline.next}
        </button>
      </div>
    </Scroll>
  );
}

const laneOf = ({ kind }: Span) => (kind === 'message' ? 'send' : kind === 'collective' ? 'receive' : 'compute');

function more(span: Span): string {
  switch (span.kind) {
    case 'compute':
      return span.flops ? flops(span.flops) : '';
    case 'collective':
      return `${bytes(span.sentBytes)} → ← ${bytes(span.receivedBytes)}`;
    case 'message':
      return `${bytes(span.bytes)} → ${span.to}`;
    case 'copy':
      return bytes(span.bytes);
  }
}
