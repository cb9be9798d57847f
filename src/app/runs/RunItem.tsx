import { useState } from 'react';
import { LONGEST_NAME } from '../../lab/runs/lab_run';
import { toRunFile } from '../../lab/runs/run_file';
import { fileName, saveFile } from '../parts/save_file';
import { keptWhere, originOf } from '../parts/titles';
import { formOfRun } from '../state/form';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import { useRuns } from '../state/runs_store';
import { runName, type SessionRun } from '../state/session';
import { saveRankTraces, saveTraces } from './save_traces';

/** A run of the list: show, name, take its settings, save, remove. `names`: the tracks on show. */
export function RunItem(props: {
  session: SessionRun;
  shown: boolean;
  names: readonly string[];
  onDone: (sentence: string) => void;
}) {
  const { session, shown, names, onDone } = props;
  const t = useText();
  const { show, rename, remove, markSaved } = useRuns.getState();
  const { run } = session;
  const name = runName(t, session);
  const form = formOfRun(run);
  const takeSettings = () => {
    if (form) useForm.getState().edit(form);
    onDone(t.runs.settingsTaken);
  };
  const save = () => {
    saveFile(`${fileName(name)}.json`, 'application/json', toRunFile(run));
    markSaved(run.id);
  };
  const removeIt = () => {
    if (!session.saved && !confirm(t.runs.removeUnsaved(name))) return;
    remove(run.id);
    document.getElementById('open-runs')?.focus();
  };
  return (
    <li aria-current={shown}>
      <ShowButton name={name} shown={shown} onClick={() => show(run.id)} />
      <div className="run-what">
        {session.origin === 'recorded' ? (
          <strong>{name}</strong>
        ) : (
          <NameField name={name} onName={(next) => rename(run.id, next)} />
        )}
        <span className="faint">
          {[originOf(t, session), keptWhere(t, session)].filter(Boolean).join(t.join.comma)}
        </span>
      </div>
      <div className="group">
        {form && <RunButton label={`${t.runs.settings}: ${name}`} text={t.runs.settings} onClick={takeSettings} />}
        <RunButton label={t.runs.saveNamed(name)} text={t.runs.save} onClick={save} />
        {session.tracks.length > 0 && (
          <>
            <RunButton
              label={`${t.runs.trace}: ${name}`}
              text={t.runs.trace}
              onClick={() => saveTraces(t, session, names)}
            />
            <RunButton
              label={`${t.runs.rankTraces}: ${name}`}
              text={t.runs.rankTraces}
              onClick={() => void saveRankTraces(t, session, names)}
            />
          </>
        )}
        <RunButton label={t.runs.removeNamed(name)} text={t.runs.remove} onClick={removeIt} />
      </div>
    </li>
  );
}

const RunButton = ({ label, text, onClick }: { label: string; text: string; onClick: () => void }) => (
  <button type="button" aria-label={label} onClick={onClick}>
    {text}
  </button>
);

export function ShowButton({ name, shown, onClick }: { name: string; shown: boolean; onClick: () => void }) {
  const { runs } = useText();
  const label = shown ? runs.shown : runs.show;
  return (
    <button type="button" aria-label={`${label}: ${name}`} aria-pressed={shown} onClick={onClick}>
      {label}
    </button>
  );
}

/** Gives what was typed once it is left, or by Enter; nothing is no name, and leaves the old one. */
function NameField({ name, onName }: { name: string; onName: (name: string) => void }) {
  const t = useText();
  const [typed, setTyped] = useState<string | null>(null);
  const take = () => {
    const next = typed?.trim();
    if (next && next !== name) onName(next);
    setTyped(null);
  };
  return (
    <input
      type="text"
      aria-label={t.runs.name}
      value={typed ?? name}
      maxLength={LONGEST_NAME}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
        if (event.key === 'Escape') setTyped(null);
      }}
    />
  );
}
