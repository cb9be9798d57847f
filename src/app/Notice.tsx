import { useLab } from './store';

/** What goes on, and what went wrong, in one sentence; spoken when it changes. */
export function Notice() {
  const status = useLab((state) => state.status);
  const stop = useLab((state) => state.stop);
  const linkProblems = useLab((state) => state.linkProblems);
  const missing = !('gpu' in navigator);
  return (
    <div aria-live="polite">
      {linkProblems.length > 0 && (
        <div className="notice failed" role="alert">
          <ul>
            {linkProblems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      {status.kind === 'running' && (
        <div className="notice running">
          {status.total > 0 ? (
            <progress value={status.done} max={status.total} aria-label="Progress" />
          ) : (
            <progress aria-label="Progress" />
          )}
          <span>{status.doing}</span>
          <button type="button" onClick={stop}>
            Stop
          </button>
        </div>
      )}
      {status.kind === 'failed' && (
        <p className="notice failed" role="alert">
          {status.message}
        </p>
      )}
      {status.kind === 'idle' && missing && (
        <p className="notice failed" role="alert">
          This browser has no WebGPU here, so nothing can be measured; open the page over https (or localhost) in a current Chrome, Edge,
          Safari or Firefox.
        </p>
      )}
    </div>
  );
}
