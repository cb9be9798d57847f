import { nameOfMethod } from '../../connectivity/methods';
import { nameOfCombination } from '../../lab/experiments/experiment';
import type { Measurement } from '../../lab/experiments/measurement/result';
import { machineOf } from '../../lab/runs/lab_run';
import type { TraceRun } from '../../lab/runs/trace_run';
import { DEFINITIONS } from '../../lab/setup/manifest';
import { findingsOf } from '../../lab/setup/self_test_result';
import type { Estimate } from '../../lab/statistics/estimate';
import { hiddenShare, overlapOf } from '../../trace/overlap';
import { Scroll } from '../parts/fields';
import { useText } from '../state/language';
import type { SessionRun } from '../state/session';
import type { Text } from '../text/en';
import { browserOf, ms, percent } from '../text/format';
import { Disturbed, DisturbedPoints } from './Disturbed';
import { MadeForNotice } from './MadeForNotice';
import { Written } from './Written';

/** The numbers of a run, with where they are from. */
export function Results({ session }: { session: SessionRun }) {
  const t = useText();
  const { run, origin } = session;
  const where = { recorded: origin === 'recorded', machine: machineOf(run) };
  switch (run.kind) {
    case 'measurement':
      return (
        <section className="results" aria-label={t.results.heading}>
          <Numbers measurement={run.result} {...where} />
        </section>
      );
    case 'sweep':
      return (
        <section className="results" aria-label={t.results.heading}>
          <DisturbedPoints sweep={run.result} />
          {run.result.points.map(({ value, measurement }) => (
            <details key={value}>
              <summary>{t.tracks.point(t.form.sweeps[run.result.over], value)}</summary>
              <Numbers measurement={measurement} {...where} />
            </details>
          ))}
        </section>
      );
    case 'generation': {
      const { settings, results, ...finished } = run.result;
      return <Written writing={{ settings, results }} finished={finished} {...where} />;
    }
    case 'trace':
      return (
        <section className="results" aria-label={t.results.heading}>
          <Overlaps trace={run.result} />
        </section>
      );
  }
}

/** How much communication lies under computation on each device of a trace. */
function Overlaps({ trace: { ranks, spans } }: { trace: TraceRun }) {
  const t = useText();
  const overlaps = Array.from({ length: ranks }, (_, rank) => overlapOf(spans, rank));
  const share = hiddenShare(overlaps);
  return (
    <>
      <Scroll label={t.results.traceTable}>
        <table>
          <caption>{t.results.traceTable}</caption>
          <thead>
            <tr>
              {[t.results.device, t.results.computing, t.results.communicating, t.results.hidden].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {overlaps.map(({ computeMs, commMs, hiddenMs }, rank) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a device is its index
              <tr key={rank}>
                <th scope="row">{rank}</th>
                <td>{ms(computeMs)}</td>
                <td>{ms(commMs)}</td>
                <td>{commMs > 0 ? percent(hiddenMs / commMs) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p>{t.results.meanHidden(share === null ? '–' : percent(share))}</p>
    </>
  );
}

function Numbers({ measurement, recorded, machine }: { measurement: Measurement; recorded: boolean; machine: string }) {
  const t = useText();
  const { results, settings, promptTokens, manifest, link, madeFor } = measurement;
  const clockError = Math.max(...results.map((r) => r.clockErrorMs ?? 0));
  const caption = t.results.caption(
    measurement.repeats,
    results.some((r) => r.wallMs.low !== null),
    settings.ranks,
    promptTokens,
  );
  const when = t.date(manifest.date);
  return (
    <>
      <MadeForNotice
        madeFor={madeFor}
        connectivities={results.map((r) => r.connectivity)}
        balanced={settings.balanced}
      />
      <Disturbed manifest={manifest} />
      <Scroll label={caption}>
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.results.run}</th>
              <th scope="col">{t.results.wall}</th>
              {results.length > 1 && <th scope="col">{t.results.speedup}</th>}
              <th scope="col">{t.results.hidden}</th>
              <th scope="col">{t.results.computing}</th>
              <th scope="col">{t.results.communicating}</th>
              <th scope="col">{t.results.bound}</th>
            </tr>
          </thead>
          <tbody>
            {results.map((r) => (
              <tr key={t.say(nameOfCombination(r))}>
                <th scope="row">{t.say(nameOfCombination(r))}</th>
                <td>
                  {ms(r.wallMs.median)} <Interval of={r.wallMs} written={ms} />
                </td>
                {results.length > 1 && (
                  <td>
                    {r.speedup.median.toFixed(2)}× <Interval of={r.speedup} written={(ratio) => ratio.toFixed(2)} />
                  </td>
                )}
                <td>
                  {r.hidden ? percent(r.hidden.median) : '–'}{' '}
                  {r.hiddenBound !== null && (
                    <span className="faint">
                      {t.results.possible(percent(Math.max(r.hiddenBound, r.hidden?.median ?? 0)))}
                    </span>
                  )}
                </td>
                <td>{ms(r.computeMs.median)}</td>
                <td>{ms(r.commMs.median)}</td>
                <td>{ms(r.boundMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Continuations measurement={measurement} />
      <p className="faint">
        {(recorded ? t.results.recordedOn : t.results.measuredOn)(
          settings.model,
          `${machine}, ${browserOf(manifest.runtime)}`,
          when,
        )}{' '}
        {[
          link ? t.results.wire(link.gbps.toPrecision(3), link.us, link.dilation) : t.results.native,
          ...topologyIn(t, settings),
        ].join(t.join.comma)}
        {t.results.values(settings.wire)}{' '}
        {manifest.timestamps ? t.results.timestamps(ms(clockError)) : t.results.fences}{' '}
        {findingsOf(manifest.selfTest).map(t.say).join(t.join.sentence)}
        {manifest.definitions < DEFINITIONS && ` ${t.results.older}`}
      </p>
    </>
  );
}

/** What of the topology is out of the ordinary. */
function topologyIn(
  { results }: Text,
  { topology: { nodes, between, slow, jitter } }: Measurement['settings'],
): string[] {
  return [
    ...(nodes > 1 ? [results.nodes(nodes)] : []),
    ...(between ? [results.between(between.gbps, between.us)] : []),
    ...(slow ? [results.slow(slow.rank, slow.times)] : []),
    ...(jitter > 0 ? [results.jitter(percent(jitter))] : []),
  ];
}

const Interval = ({ of: { low, high }, written }: { of: Estimate; written: (value: number) => string }) =>
  low !== null &&
  high !== null && (
    <span className="faint interval">
      [{written(low)}, {written(high)}]
    </span>
  );

function Continuations({ measurement: { results, settings, madeFor } }: { measurement: Measurement }) {
  const t = useText();
  const each = results.filter(
    (r, i) => r.continuation && results.findIndex((other) => other.connectivity === r.connectivity) === i,
  );
  if (each.length === 0) return null;
  return (
    <div className="continuations">
      <h2>{t.results.continuations}</h2>
      {each.map((r) => (
        <p key={r.connectivity}>
          <span className="faint">
            {t.say(nameOfMethod(r.connectivity))}
            {madeFor.length > 1 &&
              madeFor.includes(r.connectivity) &&
              `${t.join.comma}${r.connectivity === madeFor[0] ? t.results.original : t.results.converted}`}
            {t.join.colon}
          </span>{' '}
          {settings.prompt !== null && <q>{settings.prompt.slice(-80)}</q>}
          <mark>{r.continuation?.text}</mark>
        </p>
      ))}
    </div>
  );
}
