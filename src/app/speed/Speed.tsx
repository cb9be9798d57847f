import { useEffect, useState } from 'react';
import { createEngineClient, JobFailed } from '../../lab/engine/client';
import { type KernelBench, RecordedBench } from '../../lab/experiments/kernel_bench/result';
import { type Phrase, phrase, wordsOf } from '../../words/phrase';
import { styleOf } from '../charts/series';
import { Scroll } from '../parts/fields';
import { PageLink } from '../parts/PageLink';
import { useLanguageOfPage } from '../parts/useLanguageOfPage';
import { useWidth } from '../parts/useWidth';
import { useText } from '../state/language';
import { preference } from '../state/preference';
import { Roofline } from './Roofline';
import { gbpsOf, shareLine, speedRows, tflopsOf, threeDigits } from './speed_data';

/** Shapes are left out that this GPU would need longer for. */
const MOST_MS = 100;

type Timing =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly done: number; readonly total: number; readonly stop: () => void }
  | { readonly kind: 'failed'; readonly why: Phrase };

/** How quick the kernels are on this GPU, beside a recorded one. */
export function Speed() {
  const { speed, say } = useText();
  useLanguageOfPage();
  const recorded = useRecorded();
  const [here, setHere] = useState<KernelBench | null>(null);
  const [timing, time] = useTiming(setHere);
  return (
    <>
      <header>
        <div className="head">
          <h1>{speed.title}</h1>
          <div className="group">
            <PageLink page="lab">{speed.lab}</PageLink>
          </div>
        </div>
        <p>{speed.lead}</p>
      </header>
      <main className="speed">
        <section aria-label={speed.title}>
          {timing.kind === 'running' ? (
            <p>
              <progress value={timing.done} max={Math.max(1, timing.total)} aria-label={speed.going} />{' '}
              <button type="button" onClick={timing.stop}>
                {speed.stop}
              </button>
            </p>
          ) : (
            <button type="button" className="primary" onClick={time}>
              {speed.time}
            </button>
          )}
          {timing.kind === 'failed' && <p role="alert">{say(timing.why)}</p>}
          {here && <Share of={here} />}
          {recorded && <Numbers here={here} recorded={recorded} />}
        </section>
      </main>
    </>
  );
}

function Share({ of }: { of: KernelBench }) {
  const { speed } = useText();
  const [copied, setCopied] = useState(false);
  const line = shareLine(of);
  return (
    <p>
      <output>{line}</output>{' '}
      {navigator.clipboard && (
        <button
          type="button"
          onClick={() =>
            void navigator.clipboard.writeText(line).then(
              () => setCopied(true),
              () => setCopied(false),
            )
          }
        >
          {copied ? speed.copied : speed.copy}
        </button>
      )}
    </p>
  );
}

function Numbers({ here, recorded }: { here: KernelBench | null; recorded: RecordedBench }) {
  const { speed } = useText();
  const [holder, width] = useWidth();
  const other = speed.recorded(recorded.machine, recorded.date);
  const benches = [
    ...(here ? [{ name: speed.here, of: here, style: styleOf(0) }] : []),
    { name: other, of: recorded, style: styleOf(1) },
  ];
  const rate = (value: number | undefined) => (value === undefined ? '–' : threeDigits(value));
  return (
    <>
      <div className="drawing" aria-hidden="true" ref={holder}>
        <Roofline benches={benches} width={width} />
      </div>
      <Scroll label={speed.table}>
        <table>
          <caption>{speed.table}</caption>
          <thead>
            <tr>
              {[speed.kernel, speed.shape, 'TFLOP/s', 'GB/s', speed.share].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
              <th scope="col">{speed.there} TFLOP/s</th>
              <th scope="col">{speed.there} GB/s</th>
              <th scope="col">{speed.ratio}</th>
            </tr>
          </thead>
          <tbody>
            {speedRows(here, recorded).map(({ kernel, shape, here: own, recorded: theirs, ratio }) => (
              <tr key={`${kernel} ${shape}`}>
                <th scope="row">{kernel}</th>
                <td>{shape}</td>
                <td>{rate(own ? tflopsOf(own) : undefined)}</td>
                <td>{rate(own ? gbpsOf(own) : undefined)}</td>
                <td>{rate(own?.share)}</td>
                <td>{rate(theirs ? tflopsOf(theirs) : undefined)}</td>
                <td>{rate(theirs ? gbpsOf(theirs) : undefined)}</td>
                <td>{rate(ratio ?? undefined)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

/** Times all kernels, in a worker that goes when the page does. */
function useTiming(onDone: (result: KernelBench) => void): [Timing, () => void] {
  const [timing, setTiming] = useState<Timing>({ kind: 'idle' });
  const time = async () => {
    const client = createEngineClient(preference, document.baseURI);
    const stop = () => client.stop();
    setTiming({ kind: 'running', done: 0, total: 1, stop });
    const settings = { kernels: [], mostGflop: 1e6, mostMs: MOST_MS, variants: 'chosen', model: null } as const;
    try {
      const result = await client.run({ experiment: 'kernels', settings, files: [] }, (event) => {
        if (event.kind === 'progress') setTiming({ kind: 'running', done: event.done, total: event.total, stop });
      });
      onDone(result);
      setTiming({ kind: 'idle' });
    } catch (cause) {
      const failed = cause instanceof JobFailed ? cause : new JobFailed('internal', phrase`${wordsOf(cause)}`);
      setTiming(failed.reason === 'stopped' ? { kind: 'idle' } : { kind: 'failed', why: failed.phrase });
    } finally {
      client.close();
    }
  };
  return [timing, () => void time()];
}

/** The recorded bench, once it is there; null where it can't be had. */
function useRecorded(): RecordedBench | null {
  const [recorded, setRecorded] = useState<RecordedBench | null>(null);
  useEffect(() => {
    fetch(new URL('recorded/kernels.json', document.baseURI))
      .then(async (response) => setRecorded(RecordedBench.parse(await response.json())))
      // The page works without.
      .catch(() => setRecorded(null));
  }, []);
  return recorded;
}
