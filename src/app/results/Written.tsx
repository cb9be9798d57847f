import { earlyGeneration } from '../../lab/experiments/ended';
import { nameOfCombination } from '../../lab/experiments/experiment';
import type { Generation, GenerationResult } from '../../lab/experiments/generation/result';
import { keyOf } from '../../lab/experiments/track';
import { DEFINITIONS } from '../../lab/setup/manifest';
import { Scroll } from '../parts/fields';
import type { Writing } from '../state/engine_store';
import { useText } from '../state/language';
import { browserOf, ms, percent } from '../text/format';
import { Disturbed } from './Disturbed';
import { EndedEarly } from './EndedEarly';
import { Estimated } from './Estimated';
import { MadeForNotice } from './MadeForNotice';
import { TimeTable } from './TimeTable';

/** What the steps of texts took. `finished`: what is known once they have ended. */
export function Written({
  writing: { settings, results },
  finished,
  recorded,
  machine,
}: {
  writing: Writing;
  finished: Pick<Generation, 'manifest' | 'madeFor' | 'steps' | 'ended'> | null;
  recorded: boolean;
  machine: string;
}) {
  const t = useText();
  const kept = new Set(finished?.steps.map(({ step }) => step)).size;
  return (
    <section className="results" aria-label={t.results.heading}>
      {finished && (
        <MadeForNotice madeFor={finished.madeFor} connectivities={settings.connectivity} balanced={settings.balanced} />
      )}
      {finished && <EndedEarly early={earlyGeneration({ ...finished, results })} />}
      {finished && <Disturbed manifest={finished.manifest} />}
      {results.length > 0 && <Times results={results} />}
      <TimeTable results={results.map((result) => ({ ...result, categories: result.decoding?.categories }))} />
      {results.flatMap((result) =>
        result.decoding?.boundBroken
          ? [
              <p key={keyOf(result)}>
                {t.written.broken(t.say(nameOfCombination(result)), result.decoding.boundBroken)}
              </p>,
            ]
          : [],
      )}
      {finished && (
        <p className="faint">
          {(recorded ? t.results.recordedOn : t.results.measuredOn)(
            settings.model,
            `${machine}, ${browserOf(finished.manifest.runtime)}`,
            t.date(finished.manifest.date),
          )}{' '}
          {settings.link
            ? t.written.wire(settings.link.gbps, settings.link.us, settings.dilate ?? settings.ranks)
            : t.written.noWire}{' '}
          {t.written.ownSteps} {!finished.manifest.timestamps && t.results.fences}{' '}
          {finished.manifest.timestamps &&
            results.some(({ decoding }) => decoding?.exact === false) &&
            t.written.coarse}{' '}
          {finished.manifest.definitions < DEFINITIONS && t.results.older(finished.manifest.definitions)}{' '}
          {results.some(({ steps }) => steps.length > kept) && t.written.firstSteps(kept)}
        </p>
      )}
    </section>
  );
}

/** What the steps of each combination took. What only the end tells, and older files lack, has no columns. */
function Times({ results }: { results: readonly GenerationResult[] }) {
  const t = useText();
  const { written: words } = t;
  const decoded = results.some(({ decoding }) => decoding);
  const compared = decoded && results.length > 1;
  const again = results.some(({ untracedTbtMs }) => untracedTbtMs);
  return (
    <Scroll label={words.times}>
      <table>
        <caption>{words.times}</caption>
        <thead>
          <tr>
            <th scope="col">{t.results.run}</th>
            <th scope="col">{words.between}</th>
            {again && <th scope="col">{words.untraced}</th>}
            {compared && <th scope="col">{t.results.speedup}</th>}
            {decoded && <th scope="col">{t.results.hidden}</th>}
            {decoded && <th scope="col">{t.results.bound}</th>}
            {decoded && <th scope="col">{words.ratio}</th>}
            <th scope="col">{words.firstToken}</th>
            <th scope="col">{words.cache}</th>
          </tr>
        </thead>
        <tbody>
          {results.map((result) => (
            <tr key={keyOf(result)}>
              <th scope="row">{t.say(nameOfCombination(result))}</th>
              <Between of={result.tbtMs} />
              {again && <Between of={result.untracedTbtMs ?? null} />}
              {compared && <SpeedUp of={result} />}
              {decoded && <Decoded of={result} />}
              <td>{result.ttftMs === null ? '–' : ms(result.ttftMs)}</td>
              <td>
                {result.continuations.reduce((sum, { ids }) => sum + ids.length, 0)},{' '}
                {(result.cacheBytes / 1e6).toFixed(2)} MB
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Between({ of: tbtMs }: { of: GenerationResult['tbtMs'] }) {
  const { written } = useText();
  if (!tbtMs) return <td>–</td>;
  return (
    <td>
      <Estimated of={tbtMs} written={ms} /> <span className="faint">{written.within(ms(tbtMs.p95))}</span>
    </td>
  );
}

const SpeedUp = ({ of: { decoding } }: { of: GenerationResult }) => (
  <td>
    {decoding?.speedup ? <Estimated of={decoding.speedup} written={(ratio) => ratio.toFixed(2)} unit="×" /> : '–'}
  </td>
);

/** What of its communication decoding hid, and what it could have; its bound; the ratio that it had. */
function Decoded({ of: { decoding } }: { of: GenerationResult }) {
  const { results } = useText();
  return (
    <>
      <td>
        {decoding?.hidden ? <Estimated of={decoding.hidden} written={percent} /> : '–'}{' '}
        {decoding?.hiddenBound && (
          <span className="faint">
            {results.possible(percent(decoding.hiddenBound.median), decoding.exact !== false)}
          </span>
        )}
      </td>
      <td>{decoding ? ms(decoding.boundMs.median) : '–'}</td>
      <td>{decoding?.ratioReached ? decoding.ratioReached.median.toFixed(2) : '–'}</td>
    </>
  );
}
