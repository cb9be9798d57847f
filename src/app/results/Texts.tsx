import { useEffect, useRef } from 'react';
import { nameOfMethod } from '../../connectivity/methods';
import type { GenerationResult } from '../../lab/experiments/generation/result';
import { useText } from '../state/language';

/** CSS pixels: some lines. */
const NEAR_END = 60;

/** Texts side by side; while they are written their ends are kept in view. */
export function Texts({ results, running }: { results: readonly GenerationResult[]; running: boolean }) {
  const t = useText();
  const box = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each token more
  useEffect(() => {
    const own = box.current;
    // Who scrolled up reads there.
    if (running && own && own.scrollHeight - own.scrollTop - own.clientHeight < NEAR_END)
      own.scrollTo({ top: own.scrollHeight });
  }, [results, running]);
  // Schedules never change a text.
  const texts = results.filter(
    ({ connectivity }, i) => results.findIndex((other) => other.connectivity === connectivity) === i,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className={running ? 'texts growing' : 'texts'} aria-label={t.written.region} tabIndex={0} ref={box}>
      {texts.map((result) => (
        <article key={result.connectivity} aria-label={t.say(nameOfMethod(result.connectivity))}>
          <h2>{t.say(nameOfMethod(result.connectivity))}</h2>
          <Continued result={result} i={0} running={running} />
          {result.continuations.length > 1 && (
            <details>
              <summary>{t.written.otherRequests(result.continuations.length - 1)}</summary>
              {result.continuations.slice(1).map((_, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a request is its place in the batch
                <Continued key={i} result={result} i={i + 1} running={running} />
              ))}
            </details>
          )}
        </article>
      ))}
    </section>
  );
}

function Continued({ result, i, running }: { result: GenerationResult; i: number; running: boolean }) {
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
