import { useState } from 'react';
import type { GenerationResult } from '../lab/generate';
import { ms, percent } from './format';
import { MadeForNotice } from './MadeForNotice';
import { useLab, type Writing } from './store';
import { Timeline } from './Timeline';

/** Texts as they are written, side by side, with how long each token took, and the timeline of a step. */
export function Written({ writing }: { writing: Writing }) {
  const { settings, results, finished } = writing;
  const [chosen, setChosen] = useState<number | null>(null);
  const running = useLab((state) => state.status.kind === 'running');
  // A step that not all models have taken yet would flicker.
  const last = writing.steps.findLast(({ tracks }) => tracks.length === settings.connectivity.length) ?? writing.steps.at(-1);
  const shown = writing.steps.find(({ step }) => step === chosen) ?? last;
  const first = writing.steps[0]?.step ?? 0;
  return (
    <section className="results" aria-label="Generated text">
      {finished && <MadeForNotice madeFor={finished.madeFor} connectivities={settings.connectivity} balanced={settings.balanced} />}
      <div className="texts">
        {results.map((result) => (
          <article key={result.connectivity} aria-label={titleOf(result)}>
            <h2>{titleOf(result)}</h2>
            <Text result={result} i={0} running={running} />
            {result.continuations.length > 1 && (
              <details>
                <summary>{result.continuations.length - 1} other requests</summary>
                {result.continuations.slice(1).map((_, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a request is its place in the batch
                  <Text key={i} result={result} i={i + 1} running={running} />
                ))}
              </details>
            )}
            <Times result={result} />
          </article>
        ))}
      </div>
      {shown && (
        <>
          <label>
            Timeline of step {shown.step + 1}: {describe(results, shown.step, settings.link !== null)}
            <input
              type="range"
              min={first}
              max={last?.step ?? 0}
              value={shown.step}
              onChange={(event) => setChosen(event.target.valueAsNumber === last?.step ? null : event.target.valueAsNumber)}
            />
          </label>
          <Timeline tracks={shown.tracks} />
        </>
      )}
      {finished && (
        <p className="faint">
          {settings.model}, measured on {finished.manifest.adapter}, {new Date(finished.manifest.date).toLocaleString()}.{' '}
          {settings.link
            ? `Wire ${settings.link.gbps} GB/s, ${settings.link.us} µs a link, emulated ${settings.dilate ?? settings.ranks} times slower.`
            : 'The wire takes no time here; set one by bandwidth to see it.'}{' '}
          Times are of each model’s own steps, host clock; the models take turns.
        </p>
      )}
    </section>
  );
}

function Text({ result, i, running }: { result: GenerationResult; i: number; running: boolean }) {
  const { text, ended } = result.continuations[i]!;
  return (
    <p className="text" aria-live={running ? 'off' : 'polite'}>
      <span className="faint">{result.prompts[i]}</span>
      <mark>{text}</mark>
      {ended === 'stop token' && <span className="faint"> ▪ stop token</span>}
      {ended === 'stopped' && <span className="faint"> … stopped</span>}
    </p>
  );
}

const titleOf = ({ connectivity }: GenerationResult) => (connectivity === 'farskip' ? 'FarSkip' : 'Regular');

function describe(results: readonly GenerationResult[], step: number, wire: boolean): string {
  const found = results.flatMap((result) => result.steps[step] ?? [])[0];
  if (!found) return '';
  const hidden = results.flatMap((result) => {
    const share = result.steps[step]?.hidden;
    return share == null ? [] : [`${titleOf(result)} ${percent(share)}`];
  });
  const what = found.prefill ? `${found.tokens} tokens of the prompt` : `${found.tokens} new`;
  return wire && hidden.length > 0 ? `${what}; communication hidden: ${hidden.join(', ')}` : what;
}

function Times({ result: { ttftMs, tbtMs, continuations, cacheBytes } }: { result: GenerationResult }) {
  const tokens = continuations.reduce((sum, { ids }) => sum + ids.length, 0);
  return (
    <dl className="times">
      <dt>First token after</dt>
      <dd>{ttftMs === null ? '–' : ms(ttftMs)}</dd>
      <dt>Between tokens</dt>
      <dd>{tbtMs === null ? '–' : `${ms(tbtMs.median)}, 95 % within ${ms(tbtMs.p95)}`}</dd>
      <dt>New tokens, cache</dt>
      <dd>
        {tokens}, {(cacheBytes / 1e6).toFixed(2)} MB
      </dd>
    </dl>
  );
}
