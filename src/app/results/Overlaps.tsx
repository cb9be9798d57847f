import type { TraceRun } from '../../lab/runs/trace_run';
import { hiddenShare, overlapOf } from '../../trace/overlap';
import { Scroll } from '../parts/fields';
import { useText } from '../state/language';
import { ms, percent } from '../text/format';

/** A trace and, where it is one of several, what it is of. */
type Timeline = { readonly title: string | null; readonly trace: TraceRun };

/** How much communication lies under computation on each device of traces. */
export function Overlaps({ timelines }: { timelines: readonly Timeline[] }) {
  const t = useText();
  const several = timelines.some(({ title }) => title !== null);
  const own = timelines.map(({ title, trace: { spans } }) => ({
    title,
    overlaps: ranksIn(spans).map((rank) => ({ rank, ...overlapOf(spans, rank) })),
  }));
  const means = own.map(({ title, overlaps }) => {
    const share = hiddenShare(overlaps);
    return [title, share === null ? '–' : percent(share)].filter(Boolean).join(' ');
  });
  const { run, device, computing, communicating, hidden } = t.results;
  return (
    <>
      <Scroll label={t.results.traceTable}>
        <table>
          <caption>{t.results.traceTable}</caption>
          <thead>
            <tr>
              {[...(several ? [run] : []), device, computing, communicating, hidden].map((heading) => (
                <th key={heading} scope="col">
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {own.flatMap(({ title, overlaps }) =>
              overlaps.map(({ rank, computeMs, commMs, hiddenMs }) => (
                <tr key={`${title} ${rank}`}>
                  {several && <th scope="row">{title}</th>}
                  {several ? <td>{rank}</td> : <th scope="row">{rank}</th>}
                  <td>{ms(computeMs)}</td>
                  <td>{ms(commMs)}</td>
                  <td>{commMs > 0 ? percent(hiddenMs / commMs) : '–'}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </Scroll>
      <p>{t.results.meanHidden(means.join(t.join.semicolon))}</p>
    </>
  );
}

/** Of a job of many ranks only some may have been opened. */
const ranksIn = (spans: TraceRun['spans']): number[] =>
  [...new Set(spans.map(({ rank }) => rank))].sort((a, b) => a - b);
