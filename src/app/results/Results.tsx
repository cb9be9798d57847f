import { machineOf } from '../../lab/lab_run';
import type { Measurement } from '../../lab/measure';
import { hiddenShare, overlapOf } from '../../trace/overlap';
import { Scroll } from '../fields';
import { browserOf, ms, percent } from '../format';
import type { SessionRun } from '../session';
import type { Text } from '../text/en';
import { useText } from '../text/useText';
import { combinationTitle } from '../titles';
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
          <Numbers measurement={run.measurement} {...where} />
        </section>
      );
    case 'sweep':
      return (
        <section className="results" aria-label={t.results.heading}>
          {run.points.map(({ value, measurement }) => (
            <details key={value}>
              <summary>{t.tracks.point(t.form.sweeps[run.over], value)}</summary>
              <Numbers measurement={measurement} {...where} />
            </details>
          ))}
        </section>
      );
    case 'generation': {
      const { settings, results, ...finished } = run.generation;
      return <Written writing={{ settings, results }} finished={finished} {...where} />;
    }
    case 'trace': {
      const overlaps = Array.from({ length: run.ranks }, (_, rank) => overlapOf(run.spans, rank));
      const share = hiddenShare(overlaps);
      return (
        <section className="results" aria-label={t.results.heading}>
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
        </section>
      );
    }
  }
}

function Numbers({ measurement, recorded, machine }: { measurement: Measurement; recorded: boolean; machine: string }) {
  const t = useText();
  const { results, settings, promptTokens, manifest, link, madeFor } = measurement;
  const clockError = Math.max(...results.map((r) => r.clockErrorMs ?? 0));
  // One run says nothing of an interval.
  const several = measurement.repeats > 1;
  const caption = t.results.caption(measurement.repeats, settings.ranks, promptTokens);
  const when = t.date(manifest.date);
  return (
    <>
      <MadeForNotice
        madeFor={madeFor}
        connectivities={results.map((r) => r.connectivity)}
        balanced={settings.balanced}
      />
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
              <tr key={combinationTitle(t, r)}>
                <th scope="row">{combinationTitle(t, r)}</th>
                <td>
                  {ms(r.wallMs.median)} {several && <Interval low={ms(r.wallMs.low)} high={ms(r.wallMs.high)} />}
                </td>
                {results.length > 1 && (
                  <td>
                    {r.speedup.median.toFixed(2)}×{' '}
                    {several && <Interval low={r.speedup.low.toFixed(2)} high={r.speedup.high.toFixed(2)} />}
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
        {t.results.selfTest(manifest.selfTest)}
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

const Interval = ({ low, high }: { low: string; high: string }) => (
  <span className="faint interval">
    [{low}, {high}]
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
            {t.tracks.connectivity(r.connectivity)}
            {madeFor === 'both' && `, ${r.connectivity === 'farskip' ? t.results.converted : t.results.original}`}:
          </span>{' '}
          {settings.prompt !== null && <q>{settings.prompt.slice(-80)}</q>}
          <mark>{r.continuation?.text}</mark>
        </p>
      ))}
    </div>
  );
}
