import { lazy, Suspense } from 'react';
import type { CombinationResult, Measurement } from '../lab/measure';
import { describeSelfTest } from '../lab/self_test';
import { ms, percent } from './format';
import { MadeForNotice } from './MadeForNotice';
import { useLab } from './store';

const WallChart = lazy(() => import('./WallChart'));

const titleOf = ({ connectivity, schedule }: CombinationResult) => `${connectivity === 'farskip' ? 'FarSkip' : 'Regular'}, ${schedule}`;

/** The numbers of the last measurement, with where they are from. */
export function Results() {
  const measurement = useLab((state) => state.measurement);
  if (!measurement) return null;
  const { results, settings, promptTokens, manifest, link, madeFor } = measurement;
  const clockError = Math.max(...results.map((r) => r.clockErrorMs));
  return (
    <section className="results" aria-label="Results">
      <MadeForNotice madeFor={madeFor} connectivities={results.map((r) => r.connectivity)} balanced={settings.balanced} />
      <div className="scroll">
        <table>
          <caption>
            Medians of {measurement.repeats} runs each in turn, with 95 % intervals; {settings.ranks} devices × {promptTokens} tokens
          </caption>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Time to first token</th>
              <th scope="col">Communication hidden</th>
              <th scope="col">Computing</th>
              <th scope="col">Communicating</th>
              {results.length > 1 && <th scope="col">Speed-up</th>}
            </tr>
          </thead>
          <tbody>
            {results.map((r) => (
              <tr key={titleOf(r)}>
                <th scope="row">{titleOf(r)}</th>
                <td>
                  {ms(r.wallMs.median)} <Interval low={ms(r.wallMs.low)} high={ms(r.wallMs.high)} />
                </td>
                <td>
                  {r.hidden ? percent(r.hidden.median) : '–'}{' '}
                  {r.hiddenBound !== null && <span className="faint">at most {percent(r.hiddenBound)} possible</span>}
                </td>
                <td>{ms(r.computeMs.median)}</td>
                <td>{ms(r.commMs.median)}</td>
                {results.length > 1 && (
                  <td>
                    {r.speedup.median.toFixed(2)}× <Interval low={r.speedup.low.toFixed(2)} high={r.speedup.high.toFixed(2)} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {results.length > 1 && (
        <Suspense>
          <WallChart rows={results.map((r) => ({ name: titleOf(r), wall: r.wallMs }))} />
        </Suspense>
      )}
      <Continuations measurement={measurement} />
      <p className="faint">
        {settings.model}, measured on {manifest.adapter}, {new Date(manifest.date).toLocaleString()}.{' '}
        {link
          ? `Wire ${link.gbps.toPrecision(3)} GB/s, ${link.us} µs a link, emulated ${link.dilation} times slower`
          : 'Messages through the host, at its own pace'}
        , {settings.wire} values.{' '}
        {manifest.timestamps
          ? `Compute by GPU timestamps, placed on the host’s clock to within ${ms(clockError)}.`
          : 'This GPU has no timestamps: compute is timed by fences, coarsely.'}{' '}
        {describeSelfTest(manifest.selfTest)}
      </p>
    </section>
  );
}

const Interval = ({ low, high }: { low: string; high: string }) => (
  <span className="faint">
    [{low}, {high}]
  </span>
);

function Continuations({ measurement: { results, settings, madeFor } }: { measurement: Measurement }) {
  const each = results.filter((r, i) => r.continuation && results.findIndex((other) => other.connectivity === r.connectivity) === i);
  if (each.length === 0) return null;
  return (
    <div className="continuations">
      <h2>Next tokens</h2>
      {each.map((r) => (
        <p key={r.connectivity}>
          <span className="faint">
            {r.connectivity === 'farskip' ? 'FarSkip' : 'Regular'}
            {madeFor === 'both' && (r.connectivity === 'farskip' ? ', converted checkpoint' : ', original checkpoint')}:
          </span>{' '}
          {settings.prompt !== null && <q>{settings.prompt.slice(-80)}</q>}
          <mark>{r.continuation?.text}</mark>
        </p>
      ))}
    </div>
  );
}
