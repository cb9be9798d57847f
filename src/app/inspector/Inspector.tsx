import { lazy, Suspense, useDeferredValue, useMemo } from 'react';
import type { Track } from '../../lab/experiments/track';
import { offAxis } from '../../trace/layers';
import { bytesBetween, sumsOf } from '../../trace/range_sums';
import type { CollectiveSpan, ComputeSpan, MessageSpan, Span } from '../../trace/span';
import { focusLanes } from '../lanes/focus';
import type { Prepared } from '../lanes/lanes';
import { blockIn, gapSentence } from '../lanes/speak';
import type { Timelines } from '../lanes/timelines';
import { useSelection } from '../lanes/useSelection';
import { Scroll } from '../parts/fields';
import { Icon } from '../parts/Icon';
import { titleOf } from '../parts/titles';
import { useText } from '../state/language';
import { useView } from '../state/view_store';
import type { Text } from '../text/en';
import { bytes, ms, percent } from '../text/format';

const KernelSource = lazy(() => import('./KernelSource'));

/** What is selected, whole: a span with its numbers, a wait with its reason, a range with its sums. */
export function Inspector({ timelines: { tracks } }: { timelines: Timelines }) {
  const t = useText();
  // A range that is being drawn is summed as often as there is time to.
  const chosen = useDeferredValue(useView((state) => state.view.range));
  const range = chosen && ([Math.min(...chosen), Math.max(...chosen)] as const);
  const selection = useSelection(tracks);
  const prepared = selection && tracks[selection.track];
  const span = selection?.kind === 'span' ? prepared?.track.spans[selection.index] : undefined;
  const gap = selection?.kind === 'gap' ? prepared?.gaps[selection.index] : undefined;
  const empty = !span && !gap && !range;
  return (
    <section
      className={empty ? 'inspector' : 'inspector chosen'}
      id="inspector"
      tabIndex={-1}
      aria-label={t.inspector.heading}
      onKeyDown={({ key }) => key === 'Escape' && focusLanes()}
    >
      <h2 className={empty ? 'visually-hidden' : undefined}>{t.inspector.heading}</h2>
      {!empty && (
        <button type="button" className="tool close" aria-label={t.inspector.close} onClick={closeSelection}>
          <Icon of="close" />
        </button>
      )}
      {empty && <p className="hint">{t.inspector.hint}</p>}
      {prepared && gap && <p>{gapSentence(t, prepared.track.spans, gap)}</p>}
      {prepared && span && (
        <>
          <p>
            <strong>{span.name}</strong> · {blockIn(t, span.block)}
            {t.inspector.layerOf(span.layer)} · {titleOf(t, prepared.track)}
            <br />
            {span.kind === 'message'
              ? `${t.inspector.toDevice(span.rank, span.to)}${t.join.comma}${ms(span.start)}–${ms(span.end)}`
              : t.inspector.where(span.rank, ms(span.start), ms(span.end))}
            : <strong>{ms(span.end - span.start)}</strong>
          </p>
          {span.kind === 'compute' && <Kernel span={span} />}
          {span.kind === 'collective' && <Collective span={span} prepared={prepared} />}
          {span.kind === 'message' && <Message span={span} prepared={prepared} />}
          <p className="faint">{clockSentence(t, span, prepared.track)}</p>
        </>
      )}
      {range && <RangeActions range={range} />}
      {range && tracks.map((each, i) => <RangeSums key={String(i)} prepared={each} range={range} />)}
    </section>
  );
}

/** The button goes away with what it closes: the keys go on in the lanes. */
function closeSelection(): void {
  useView.getState().look({ selected: null, range: null });
  focusLanes();
}

/** Where a span's times are from. */
function clockSentence({ inspector }: Text, span: Span, { combination, pace }: Track): string {
  if (!combination || pace === 'real') return inspector.traceClock;
  if (span.kind === 'copy') return inspector.copyClock;
  if (span.kind !== 'compute') {
    if (pace === 'native') return inspector.nativeClock;
    if (pace === 'instant') return inspector.instantClock;
    return span.source === 'emulated' ? inspector.wireClock : inspector.lateClock;
  }
  if (span.uncertain) return inspector.uncertain;
  if (span.source === 'calibrated') return inspector.calibratedClock;
  return span.source === 'gpu' ? inspector.gpuClock : inspector.fences;
}

function Kernel({ span }: { span: ComputeSpan }) {
  const t = useText();
  const rate = span.flops && span.gpuMs ? span.flops / span.gpuMs / 1e9 : null;
  return (
    <>
      <p>
        {[
          span.gpuMs !== null && t.inspector.ofGpu(ms(span.gpuMs)),
          span.flops !== null && span.flops > 0 && t.inspector.flops(span.flops),
          rate !== null && t.inspector.rate(rate < 0.01 ? rate.toExponential(1) : rate.toFixed(2)),
        ]
          .filter(Boolean)
          .join(t.join.comma)}
      </p>
      {span.kernel && (
        <details className="source" key={span.kernel}>
          <summary>{t.inspector.source(span.kernel)}</summary>
          <Suspense>
            <KernelSource kernel={span.kernel} />
          </Suspense>
        </details>
      )}
    </>
  );
}

/** A message, and the collective of its receiver that it belongs to. */
function Message({ span, prepared }: { span: MessageSpan; prepared: Prepared }) {
  const t = useText();
  const whole = prepared.track.spans.find(
    (each) => each.kind === 'collective' && each.op === span.op && each.rank === span.to,
  );
  return (
    <>
      <p>{t.inspector.bytes(span.bytes)}</p>
      {whole?.kind === 'collective' && (
        <>
          <h3>
            {t.inspector.partOf(whole.name)}
            {t.join.comma}
            {t.inspector.where(whole.rank, ms(whole.start), ms(whole.end))}
          </h3>
          <Collective span={whole} prepared={prepared} />
        </>
      )}
    </>
  );
}

function Collective({ span, prepared: { track } }: { span: CollectiveSpan; prepared: Prepared }) {
  const t = useText();
  const matrix = useMemo(() => bytesBetween(track.spans, span.op, track.ranks), [track, span.op]);
  const exposure = track.result?.exposures.find(({ op }) => op === span.op);
  const most = matrix.reduce((largest, row) => row.reduce((a, b) => Math.max(a, b), largest), 1);
  return (
    <>
      <p>{t.inspector.sent(span.sentBytes, span.receivedBytes)}</p>
      {exposure && (
        <p>
          {t.inspector.hidden(ms(exposure.hiddenMs), percent(exposure.ms > 0 ? exposure.hiddenMs / exposure.ms : 0))}
          {t.join.semicolon}
          {t.inspector.exposedWhy(
            ms(exposure.exposed.awaited),
            ms(exposure.exposed.host),
            ms(exposure.exposed.gaps),
            ms(exposure.exposed.noWork),
          )}
          {t.join.stop}
          {t.inspector.reasons[track.combination?.schedule === 'blocking' ? 'blocking' : (exposure.reason ?? 'none')]}
        </p>
      )}
      {most > 1 && (
        <Scroll label={t.inspector.matrix}>
          <table className="matrix">
            <caption>{t.inspector.matrix}</caption>
            <thead>
              <tr>
                <th scope="col">
                  {t.inspector.from} ╲ {t.inspector.to}
                </th>
                {matrix.map((_, to) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a device is its index
                  <th scope="col" key={to}>
                    {to}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {matrix.map((row, from) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a device is its index
                <tr key={from}>
                  <th scope="row">{from}</th>
                  {row.map((value, to) => (
                    <td
                      // biome-ignore lint/suspicious/noArrayIndexKey: a device is its index
                      key={to}
                      style={{
                        background: `color-mix(in srgb, var(--accent) ${Math.round((45 * value) / most)}%, transparent)`,
                      }}
                    >
                      {value === 0 ? '–' : bytes(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

const MOST_OPERATIONS = 12;

function RangeSums({ prepared, range: [from, to] }: { prepared: Prepared; range: readonly [number, number] }) {
  const t = useText();
  const { track, alignment } = prepared;
  const own: [number, number] = [offAxis(alignment, from), offAxis(alignment, to)];
  const sums = useMemo(() => sumsOf(track.spans, track.ranks, [own[0], own[1]]), [track, own[0], own[1]]);
  const share = (value: number) => (sums.length > 0 ? percent(value / sums.length) : '–');
  const { sums: words } = t.inspector;
  return (
    <div className="range-sums">
      <h3>
        {titleOf(t, track)}: {t.inspector.range(ms(own[0]), ms(own[1]), ms(sums.length))}
      </h3>
      <dl>
        <dt>{words.computing}</dt>
        <dd>
          {ms(sums.compute)} ({share(sums.compute)})
        </dd>
        <dt>{words.communicating}</dt>
        <dd>
          {ms(sums.comm)} ({share(sums.comm)}): {words.hidden} {ms(sums.hidden)}, {words.exposed} {ms(sums.exposed)}
        </dd>
        <dt>{words.idle}</dt>
        <dd>
          {ms(sums.idle)} ({share(sums.idle)})
        </dd>
      </dl>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.operation}</th>
            <th scope="col">{words.time}</th>
            <th scope="col">{words.shareOf}</th>
            <th scope="col">{words.count}</th>
          </tr>
        </thead>
        <tbody>
          {sums.operations.slice(0, MOST_OPERATIONS).map(({ block, name, ms: time, count }) => (
            <tr key={`${block} ${name}`}>
              <th scope="row">
                {name} <span className="faint">{blockIn(t, block)}</span>
              </th>
              <td>{ms(time)}</td>
              <td>{share(time)}</td>
              <td>{count}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {sums.operations.length > MOST_OPERATIONS && (
        <p className="faint">{t.inspector.moreOperations(sums.operations.length - MOST_OPERATIONS)}</p>
      )}
    </div>
  );
}

function RangeActions({ range }: { range: readonly [number, number] }) {
  const t = useText();
  const look = useView((state) => state.look);
  const marks = useView((state) => state.view.marks);
  return (
    <div className="row">
      <button
        type="button"
        onClick={() => look({ marks: [...marks, [range[0], range[1]] as [number, number]].slice(-50) })}
      >
        {t.inspector.mark}
      </button>
      <button
        type="button"
        onClick={() => {
          look({ range: null });
          // This button goes away: the keys go on in the lanes.
          focusLanes();
        }}
      >
        {t.inspector.clearRange}
      </button>
    </div>
  );
}
