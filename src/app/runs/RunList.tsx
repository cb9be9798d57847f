import { type ChangeEvent, useRef, useState } from 'react';
import { doingIn } from '../../lab/experiments/experiment';
import { RECORDED } from '../../lab/runs/recorded';
import type { Phrase } from '../../words/phrase';
import { useEngine } from '../state/engine_store';
import { useText } from '../state/language';
import { useRuns } from '../state/runs_store';
import { namesShown, recordedName } from '../state/session';
import { runOfTrack } from '../state/view';
import { useView } from '../state/view_store';
import { bytes, percent } from '../text/format';
import { placedFiles } from './files';
import { loadRecorded } from './load_recorded';
import { useOpening } from './opening';
import { RunItem, ShowButton } from './RunItem';
import { TrackFields } from './TrackFields';

type Props = {
  readonly onProblems: (sentences: readonly Phrase[]) => void;
  /** Gets a sentence when something was done that need not be in view. */
  readonly onDone: (sentence: string) => void;
};

/** The session's runs: show, name, compare, save, open. */
export function RunList({ onProblems, onDone }: Props) {
  const t = useText();
  const runs = useRuns((state) => state.runs);
  const status = useEngine((state) => state.status);
  const watching = useView((state) => state.watching);
  const tracks = useView((state) => state.view.tracks);
  const { watch } = useView.getState();
  const names = namesShown(runs, tracks);
  const shown = watching || names[0] === undefined ? null : runOfTrack(names[0]);
  return (
    <section className="runs" aria-label={t.runs.heading}>
      <div className="runs-head">
        <h2>{t.runs.heading}</h2>
        <RecordedField onProblems={onProblems} />
        <OpenButton />
      </div>
      {runs.length === 0 && status.kind !== 'running' && <p className="hint">{t.runs.none}</p>}
      <ul>
        {status.kind === 'running' && (
          <li aria-current={watching}>
            <ShowButton name={t.runs.goingOn} shown={watching} onClick={watch} />
            <div className="run-what">
              <strong>{t.runs.goingOn}</strong>
              <span className="faint">{t.say(doingIn(status.doing))}</span>
            </div>
          </li>
        )}
        {runs.map((session) => (
          <RunItem
            key={session.run.id}
            session={session}
            shown={session.run.id === shown}
            names={names}
            onDone={onDone}
          />
        ))}
      </ul>
      <KeptInAll />
      <TrackFields />
    </section>
  );
}

/** How much the runs take that are kept in the browser, and a button that removes them. */
function KeptInAll() {
  const t = useText();
  const runs = useRuns((state) => state.runs);
  const kept = runs.filter(({ keptBytes }) => keptBytes !== null);
  if (kept.length < 2) return null;
  const size = bytes(kept.reduce((sum, { keptBytes }) => sum + keptBytes!, 0));
  const removeAll = () => {
    if (!confirm(t.runs.removeKeptAll(kept.length))) return;
    for (const { run } of kept) useRuns.getState().remove(run.id);
    document.getElementById('open-runs')?.focus();
  };
  return (
    <p className="faint kept-in-all">
      {t.runs.keptInAll(kept.length, size)}{' '}
      <button type="button" className="link" onClick={removeAll}>
        {t.runs.removeKept}
      </button>
    </p>
  );
}

/** Brings a recorded run of the site. */
function RecordedField({ onProblems }: Pick<Props, 'onProblems'>) {
  const t = useText();
  const [loading, setLoading] = useState(false);
  const bring = async (id: string) => {
    setLoading(true);
    const found = await loadRecorded(id).finally(() => setLoading(false));
    if (found.kind === 'failed') return onProblems([found.why]);
    onProblems([]);
    useRuns.getState().add([found.run], 'recorded', true);
  };
  return (
    <select
      aria-label={t.runs.recorded}
      value=""
      disabled={loading}
      onChange={(event) => void bring(event.target.value)}
    >
      <option value="">{t.runs.recorded} …</option>
      {RECORDED.map(({ id }) => (
        <option key={id} value={id}>
          {recordedName(t, id)}
        </option>
      ))}
    </select>
  );
}

/** Opens files of runs and traces, and says how far reading them is. */
function OpenButton() {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const { state, open, stop } = useOpening();
  const take = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const files = placedFiles([...(target.files ?? [])]);
    target.value = '';
    if (files.length > 0) void open(files);
  };
  return (
    <>
      <button type="button" id="open-runs" onClick={() => input.current?.click()}>
        {t.runs.open}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept=".json,.gz,application/json,application/gzip"
        aria-label={t.runs.openLabel}
        onChange={take}
      />
      <button type="button" onClick={() => folder.current?.click()}>
        {t.runs.openFolder}
      </button>
      <input
        ref={folder}
        type="file"
        hidden
        aria-label={t.runs.openFolder}
        // React knows no such attribute; browsers do.
        {...{ webkitdirectory: '' }}
        onChange={take}
      />
      {state.kind === 'reading' && (
        <span className="opening" role="status">
          {t.runs.reading(percent(state.of > 0 ? state.bytes / state.of : 0))}
          <progress max={state.of} value={state.bytes} aria-label={t.runs.readingLabel} />
          <button type="button" onClick={stop}>
            {t.notice.stop}
          </button>
        </span>
      )}
    </>
  );
}
