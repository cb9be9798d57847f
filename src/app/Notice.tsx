import type { Lacking } from '../lab/availability';
import type { Phrase } from '../model/phrase';
import { remainingMs } from './remaining';
import { type Status, useLab } from './store';
import type { Text } from './text/en';
import { useSay, useText } from './text/useText';
import { combinationTitle } from './titles';

/** What goes on, and what went wrong, in one sentence; spoken when it changes. */
export function Notice({
  problems,
  copied,
  lacking,
}: {
  problems: readonly Phrase[];
  /** Whether the link was copied; null: nobody asked for it. */
  copied: boolean | null;
  lacking: Lacking | null;
}) {
  const t = useText();
  const status = useLab((state) => state.status);
  const stop = useLab((state) => state.stop);
  const linkProblems = useLab((state) => state.linkProblems);
  const say = useSay();
  const sentences = [...linkProblems, ...problems].map(say);
  return (
    <div>
      {sentences.length > 0 && (
        <div className="notice failed" role="alert">
          <ul>
            {sentences.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <p className="visually-hidden" role="status">
        {status.kind === 'idle' && status.ended && (status.ended === 'done' ? t.notice.done : t.notice.stopped)}
      </p>
      {copied !== null && (
        <p className="notice" role="status">
          {copied ? t.notice.copied : t.notice.notCopied}
        </p>
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
          <button type="button" onClick={stop}>
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
