import { useEffect, useRef } from 'react';
import type { Lacking } from '../lab/availability';
import type { Phrase } from '../words/phrase';
import { remainingMs } from './remaining';
import { type Status, useLab } from './store';
import type { Text } from './text/en';
import { useSay, useText } from './text/useText';
import { focusLanes } from './timeline/focus';
import { combinationTitle } from './titles';

/** What goes on, and what is wrong, in one sentence; spoken when it changes. */
export function Notice({ problems, lacking }: { problems: readonly Phrase[]; lacking: Lacking | null }) {
  const t = useText();
  const status = useLab((state) => state.status);
  const stop = useLab((state) => state.stop);
  const linkProblems = useLab((state) => state.linkProblems);
  const say = useSay();
  const sentences = [...linkProblems, ...problems].map(say);
  const box = useRef<HTMLDivElement>(null);
  const running = status.kind === 'running';
  const failed = status.kind === 'failed';
  useEffect(() => {
    if (running || failed) box.current?.scrollIntoView({ block: 'nearest' });
  }, [running, failed]);
  // The button that was pressed may go with what it did: the focus goes on to the one that undoes it.
  useEffect(() => {
    if (!running) return;
    const lost = () => document.activeElement === document.body || !document.activeElement?.checkVisibility();
    // On a small screen the settings fold away first.
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
      {sentences.length > 0 && (
        <div className="notice failed" role="alert">
          <ul>
            {sentences.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
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
            {status.point && `${t.notice.point(status.point.number, status.point.of)}, `}
            {doingIn(t, status.doing)}
          </span>
          <Remaining status={status} t={t} />
          <button type="button" id="stop" onClick={stop}>
            {t.notice.stop}
          </button>
        </div>
      )}
      {status.kind === 'failed' && (
        <p className="notice failed" role="alert">
          {say(status.phrase)}
        </p>
      )}
      {status.kind === 'idle' && lacking && (
        <p className="notice failed" role="alert">
          {t.notice.missing[lacking]} {t.notice.recordedInstead}
        </p>
      )}
    </div>
  );
}

function Remaining({ status, t }: { status: Extract<Status, { kind: 'running' }>; t: Text }) {
  // What loading takes says nothing of the run that follows.
  const left = status.doing?.phase === 'loading' ? null : remainingMs(status, performance.now());
  if (left === null) return null;
  const seconds = Math.ceil(left / 1000);
  // Not spoken: it changes all the time.
  return (
    <span className="faint" aria-hidden="true">
      {t.notice.remaining(seconds < 100 ? t.notice.seconds(seconds) : t.notice.minutes(Math.ceil(seconds / 60)))}
    </span>
  );
}

export function doingIn(t: Text, doing: Extract<Status, { kind: 'running' }>['doing']): string {
  if (!doing) return t.notice.opening;
  switch (doing.phase) {
    case 'loading':
      return t.notice.loading(doing.connectivity && t.tracks.connectivity(doing.connectivity));
    case 'timing':
      return t.notice.timing(t.tracks.connectivity(doing.connectivity));
    case 'warm-up':
      return t.notice.warmUp(combinationTitle(t, doing));
    case 'run':
      return t.notice.run(combinationTitle(t, doing), doing.run, doing.of);
    case 'generating':
      return t.notice.generating(doing.step + 1);
    case 'window':
    case 'way':
      return t.notice.working;
  }
}
