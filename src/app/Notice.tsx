import { useEffect, useRef, useState } from 'react';
import type { Lacking } from '../lab/engine/availability';
import { doingIn } from '../lab/experiments/experiment';
import { remainingMs } from '../lab/experiments/pace';
import type { Phrase } from '../words/phrase';
import { focusLanes } from './lanes/focus';
import type { Status } from './state/engine_store';
import { useEngine } from './state/engine_store';
import { useForm } from './state/form_store';
import { useText } from './state/language';
import type { Text } from './text/en';

/** What goes on, and what is wrong, in one sentence; spoken when it changes. */
export function Notice({ problems, lacking }: { problems: readonly Phrase[]; lacking: Lacking | null }) {
  const t = useText();
  const status = useEngine((state) => state.status);
  const stop = useEngine((state) => state.stop);
  const linkProblems = useForm((state) => state.linkProblems);
  const sentences = [...linkProblems, ...problems, ...(status.kind === 'failed' ? [status.phrase] : [])].map(t.say);
  const [dismissed, setDismissed] = useState<readonly string[]>([]);
  // What is gone and comes again is told again.
  const gone = dismissed.filter((each) => !sentences.includes(each));
  if (gone.length > 0) setDismissed(dismissed.filter((each) => sentences.includes(each)));
  // A failure that comes again is told again.
  useEffect(() => {
    if (status.kind === 'failed') setDismissed([]);
  }, [status]);
  const left = sentences.filter((each) => !dismissed.includes(each));
  const box = useRef<HTMLDivElement>(null);
  const running = status.kind === 'running';
  const failed = status.kind === 'failed';
  useEffect(() => {
    if (!running && !failed) return;
    // On a small screen the settings fold away first.
    const timer = setTimeout(() => box.current?.scrollIntoView({ block: 'nearest' }));
    return () => clearTimeout(timer);
  }, [running, failed]);
  // The button that was pressed may go with what it did: the focus goes on to the one that undoes it.
  useEffect(() => {
    if (!running) return;
    const lost = () => document.activeElement === document.body || !document.activeElement?.checkVisibility();
    const timer = setTimeout(() => {
      if (lost()) document.getElementById('stop')?.focus({ preventScroll: true });
    });
    return () => {
      clearTimeout(timer);
      const run = document.querySelector<HTMLElement>('.controls > .primary');
      if (!lost()) return;
      if (run?.checkVisibility()) run.focus({ preventScroll: true });
      else focusLanes();
    };
  }, [running]);
  return (
    <div ref={box}>
      {left.length > 0 && (
        <div className="notice failed">
          <div role="alert">
            <ul>
              {left.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </div>
          <button
            type="button"
            onClick={() => {
              setDismissed(sentences);
              focusLanes();
            }}
          >
            {t.notice.dismiss}
          </button>
        </div>
      )}
      {status.kind === 'running' && (
        <div className="notice running">
          {status.total > 0 ? (
            <progress value={status.done} max={status.total} aria-label={t.notice.progress} />
          ) : (
            <progress aria-label={t.notice.progress} />
          )}
          <span role="status">
            {status.part && `${t.notice.point(status.part.number, status.part.of)}${t.join.comma}`}
            {t.say(doingIn(status.doing))}
          </span>
          <Remaining status={status} t={t} />
          <button type="button" id="stop" onClick={stop}>
            {t.notice.stop}
          </button>
        </div>
      )}
      {status.kind === 'idle' && lacking && (
        <p className="notice" role="alert">
          {t.notice.missing[lacking]} {t.notice.recordedInstead}
        </p>
      )}
    </div>
  );
}

function Remaining({ status, t }: { status: Extract<Status, { kind: 'running' }>; t: Text }) {
  const left = status.pace && remainingMs(status.pace, performance.now());
  if (left === null) return null;
  const seconds = Math.ceil(left / 1000);
  // Not spoken: it changes all the time.
  return (
    <span className="faint" aria-hidden="true">
      {t.notice.remaining(seconds < 100 ? t.notice.seconds(seconds) : t.notice.minutes(Math.ceil(seconds / 60)))}
    </span>
  );
}
