import { nameOfMethod } from '../../connectivity/methods';
import { earlyMeasurement, earlySweep } from '../../lab/experiments/ended';
import { nameOfCombination } from '../../lab/experiments/experiment';
import type { Measurement, Paid } from '../../lab/experiments/measurement/result';
import { keyOf } from '../../lab/experiments/track';
import { machineOf } from '../../lab/runs/lab_run';
import type { TracesRun } from '../../lab/runs/traces_run';
import { DEFINITIONS, KERNELS } from '../../lab/setup/manifest';
import { findingsOf } from '../../lab/setup/self_test_result';
import type { Estimate } from '../../lab/statistics/estimate';
import { megabytes } from '../../words/megabytes';
import { Scroll } from '../parts/fields';
import { Term } from '../parts/Term';
import { useText } from '../state/language';
import type { SessionRun } from '../state/session';
import type { Text } from '../text/en';
import { browserOf, ms, percent } from '../text/format';
import { CommunicationField } from './CommunicationField';
import { Disturbed, DisturbedPoints } from './Disturbed';
import { EndedEarly } from './EndedEarly';
import { MadeForNotice } from './MadeForNotice';
import { Overlaps } from './Overlaps';
import { TimeTable } from './TimeTable';
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
          <EndedEarly early={earlySweep(run.result)} />
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
          <Overlaps timelines={[{ title: null, trace: run.result }]} />
          <CommunicationField run={run} />
        </section>
      );
    case 'traces':
      return (
        <section className="results" aria-label={t.results.heading}>
          <Traces traces={run.result} machine={where.machine} />
        </section>
      );
  }
}

/** Timelines of real GPUs, and where they are from. */
function Traces({ traces, machine }: { traces: TracesRun; machine: string }) {
  const t = useText();
  const { date, model, layers, tokens, repeats } = traces;
  const timelines = traces.timelines.map(({ combination, ...rest }) => ({
    ...rest,
    title: t.say(nameOfCombination(combination)),
  }));
  return (
    <>
      <Scroll label={t.results.unprofiled}>
        <table>
          <caption>{t.results.traced(layers, model, tokens)}</caption>
          <thead>
            <tr>
              <th scope="col">{t.results.run}</th>
              <th scope="col">{t.results.unprofiled}</th>
            </tr>
          </thead>
          <tbody>
            {timelines.map(({ title, wallMs }) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                <td>
                  {ms(wallMs.median)} <Interval of={wallMs} written={ms} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Overlaps timelines={timelines} />
      <p className="faint">{t.results.realGpus(machine, t.date(date), repeats)}</p>
    </>
  );
}

function Numbers({ measurement, recorded, machine }: { measurement: Measurement; recorded: boolean; machine: string }) {
  const t = useText();
  const { results, settings, promptTokens, manifest, madeFor } = measurement;
  const clockError = Math.max(...results.map((r) => r.clockErrorMs ?? 0));
  const caption = t.results.caption(
    measurement.repeats,
    results.some((r) => r.wallMs.low !== null),
    settings.ranks,
    promptTokens,
  );
  const when = t.date(manifest.date);
  const pays = results.some((r) => r.paid);
  const calibrated = results.some((r) => r.calibrated);
  // Bounds are estimates where no pace is emulated, and where times are not kernels' own.
  const exact = settings.link.kind !== 'native' && settings.backing === 'shared' && manifest.timestamps && !calibrated;
  return (
    <>
      <MadeForNotice
        madeFor={madeFor}
        connectivities={results.map((r) => r.connectivity)}
        balanced={settings.balanced}
      />
      <EndedEarly early={earlyMeasurement(measurement)} />
      <Disturbed manifest={manifest} />
      <Scroll label={caption}>
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.results.run}</th>
              <th scope="col">{settings.pass === 'forward' ? t.results.wall : t.results.wallOfStep}</th>
              {results.length > 1 && <th scope="col">{t.results.speedup}</th>}
              <th scope="col">
                <Term of="hidden">{t.results.hidden}</Term>
              </th>
              {pays && (
                <th scope="col">
                  <Term of="paid">{t.results.paid}</Term>
                </th>
              )}
              <th scope="col">{t.results.computing}</th>
              <th scope="col">{t.results.communicating}</th>
              <th scope="col">
                <Term of="bound">{exact ? t.results.bound : t.results.estimatedBound}</Term>
              </th>
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
                  {r.hidden ? percent(r.hidden.median) : '–'} {r.hidden && <Interval of={r.hidden} written={percent} />}{' '}
                  {r.hiddenOnWire && <span className="faint">{t.results.onWire(percent(r.hiddenOnWire.median))}</span>}{' '}
                  {r.hiddenBound !== null && (
                    <span className="faint">{t.results.possible(percent(r.hiddenBound.median), exact)}</span>
                  )}
                </td>
                {pays && <td>{r.paid ? <PaidOf paid={r.paid} /> : '–'}</td>}
                <td>{ms(r.computeMs.median)}</td>
                <td>{ms(r.commMs.median)}</td>
                <td>{ms(r.boundMs.median)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Phases results={results} exact={exact} />
      <TimeTable results={results} />
      {remarksOn(t, measurement).map((remark) => (
        <p key={remark}>{remark}</p>
      ))}
      <Continuations measurement={measurement} />
      <p className="faint">
        {(recorded ? t.results.recordedOn : t.results.measuredOn)(
          settings.model,
          `${machine}, ${browserOf(manifest.runtime)}`,
          when,
        )}{' '}
        {[wireIn(t, measurement), ...topologyIn(t, settings)].join(t.join.comma)}
        {t.results.values(settings.wire)}{' '}
        {manifest.timestamps
          ? t.results.timestamps(ms(clockError), results[0]?.resolutionMs ?? 0, calibrated, manifest.definitions >= 4)
          : t.results.fences}{' '}
        {findingsOf(manifest.selfTest).map(t.say).join(t.join.sentence)}
        {manifest.definitions < DEFINITIONS && ` ${t.results.older(manifest.definitions)}`}
        {manifest.kernels !== undefined && manifest.kernels !== KERNELS && ` ${t.results.otherKernels}`}
      </p>
    </>
  );
}

/** What each part of a training step hides; nothing for a prefill. */
function Phases({ results, exact }: { results: Measurement['results']; exact: boolean }) {
  const t = useText();
  const rows = results.flatMap((result) => (result.phases ?? []).map((own) => ({ result, ...own })));
  if (rows.length === 0) return null;
  const most = results
    .flatMap(({ memory }) => memory ?? [])
    .reduce(
      (a, b) => (b.predicted > (a?.predicted ?? 0) ? b : a),
      null as NonNullable<(typeof results)[0]['memory']> | null,
    );
  return (
    <Scroll label={t.results.ofPhases}>
      <table>
        <caption>{t.results.ofPhases}</caption>
        <thead>
          <tr>
            <th scope="col">{t.results.run}</th>
            <th scope="col">{t.results.phase}</th>
            <th scope="col">{t.results.hidden}</th>
            <th scope="col">{t.results.communicating}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ result, phase, hidden, hiddenBound, commMs }) => (
            <tr key={`${keyOf(result)} ${phase}`}>
              <th scope="row">{t.say(nameOfCombination(result))}</th>
              <td>{t.results.phases[phase]}</td>
              <td>
                {percent(hidden.median)} <Interval of={hidden} written={percent} />{' '}
                {hiddenBound && <span className="faint">{t.results.possible(percent(hiddenBound.median), exact)}</span>}
              </td>
              <td>{ms(commMs.median)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {most && (
        <p className="faint">
          {t.results.memory(megabytes(most.weights), megabytes(most.predicted), megabytes(most.held))}
        </p>
      )}
    </Scroll>
  );
}

/** What communication costs beyond the kernels, as a share of the wire's time, and by the wire and the host. */
function PaidOf({ paid: { ms: whole, share, wireMs, hostMs } }: { paid: Paid }) {
  const t = useText();
  return (
    <>
      {ms(whole.median)} <Interval of={whole} written={ms} />
      {share && <div className="faint">{t.results.paidShare(percent(share.median))}</div>}
      {wireMs && hostMs && <div className="faint">{t.results.paidParts(ms(wireMs.median), ms(hostMs.median))}</div>}
    </>
  );
}

/** A ratio reached is told where it is off by so much of what was asked. */
const FAR_OFF = 0.1;

/** What a reader should know before taking the numbers as they are. */
function remarksOn(t: Text, { results, asked, settings }: Measurement): string[] {
  const ratio = asked && asked.computeMs > 0 ? asked.wireMs / asked.computeMs : null;
  return results.flatMap((r) => {
    const name = t.say(nameOfCombination(r));
    const reached = r.ratioReached?.median ?? null;
    return [
      ...(r.boundBroken ? [t.results.broken(name, r.boundBroken)] : []),
      ...(ratio && reached !== null && Math.abs(reached / ratio - 1) > FAR_OFF
        ? [t.results.reached(name, ratio.toFixed(2), reached.toFixed(2))]
        : []),
      ...(r.imbalanceMs && settings.ranks > 1 && r.imbalanceMs.median > FAR_OFF * r.computeMs.median
        ? [t.results.imbalance(name, ms(r.imbalanceMs.median))]
        : []),
    ];
  });
}

function wireIn({ results }: Text, { link, settings }: Measurement): string {
  if (link) return results.wire(link.gbps.toPrecision(3), link.us, link.dilation);
  return settings.link.kind === 'none' ? results.noWire : results.native;
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
