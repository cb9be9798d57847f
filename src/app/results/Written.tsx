import { nameOfMethod } from '../../connectivity/methods';
import { earlyGeneration } from '../../lab/experiments/ended';
import type { Generation, GenerationResult } from '../../lab/experiments/generation/result';
import type { Writing } from '../state/engine_store';
import { useText } from '../state/language';
import { browserOf, ms } from '../text/format';
import { Disturbed } from './Disturbed';
import { EndedEarly } from './EndedEarly';
import { MadeForNotice } from './MadeForNotice';

/**
 * Texts as they are written, side by side, with how long each token took. `finished`: what is known once it has ended.
 */
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
    <section className="results" aria-label={t.written.region}>
      {finished && (
        <MadeForNotice madeFor={finished.madeFor} connectivities={settings.connectivity} balanced={settings.balanced} />
      )}
      {finished && <EndedEarly early={earlyGeneration({ ...finished, results })} />}
      {finished && <Disturbed manifest={finished.manifest} />}
      <div className="texts">
        {results.map((result) => (
          <article key={result.connectivity} aria-label={t.say(nameOfMethod(result.connectivity))}>
            <h2>{t.say(nameOfMethod(result.connectivity))}</h2>
            <Text result={result} i={0} running={!finished} />
            {result.continuations.length > 1 && (
              <details>
                <summary>{t.written.otherRequests(result.continuations.length - 1)}</summary>
                {result.continuations.slice(1).map((_, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a request is its place in the batch
                  <Text key={i} result={result} i={i + 1} running={!finished} />
                ))}
              </details>
            )}
            <Times result={result} />
          </article>
        ))}
      </div>
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
          {t.written.ownSteps} {results.some(({ steps }) => steps.length > kept) && t.written.firstSteps(kept)}
        </p>
      )}
    </section>
  );
}

function Text({ result, i, running }: { result: GenerationResult; i: number; running: boolean }) {
  const { written } = useText();
  const { text, ended } = result.continuations[i]!;
  return (
    <p className="text" aria-live={running ? 'off' : 'polite'}>
      <span className="faint">{result.prompts[i]}</span>
      <mark>{text}</mark>
      {ended === 'stop token' && <span className="faint"> ▪ {written.stopToken}</span>}
      {ended === 'stopped' && <span className="faint"> … {written.stopped}</span>}
    </p>
  );
}

function Times({ result: { ttftMs, tbtMs, continuations, cacheBytes } }: { result: GenerationResult }) {
  const { written } = useText();
  const tokens = continuations.reduce((sum, { ids }) => sum + ids.length, 0);
  return (
    <dl className="times">
      <dt>{written.firstToken}</dt>
      <dd>{ttftMs === null ? '–' : ms(ttftMs)}</dd>
      <dt>{written.between}</dt>
      <dd>{tbtMs === null ? '–' : written.betweenOf(ms(tbtMs.median), ms(tbtMs.p95))}</dd>
      <dt>{written.cache}</dt>
      <dd>
        {tokens}, {(cacheBytes / 1e6).toFixed(2)} MB
      </dd>
    </dl>
  );
}
