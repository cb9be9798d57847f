import { useRef, useState } from 'react';
import { LONGEST_NAME, machineOf, manifestOfRun, type Track } from '../../lab/lab_run';
import { RECORDED } from '../../lab/recorded';
import { toRunFile } from '../../lab/run_file';
import { toChromeTrace } from '../../trace/chrome_trace';
import type { Phrase } from '../../words/phrase';
import { formOfRun } from '../form';
import { doingIn } from '../Notice';
import { saveFile } from '../saveFile';
import { namesShown, type SessionRun, trackNamed, viewOfRun } from '../session';
import { useLab } from '../store';
import type { Text } from '../text/en';
import { useText } from '../text/useText';
import { runName, titleOf } from '../titles';
import { runOfTrack, trackName, type View } from '../view';
import { openRunFiles } from './files';
import { loadRecorded } from './recorded';

/** What a timeline's choice says while the run that goes on is on show: no track's name. */
const GOING_ON = 'going on';

/** The session's runs: show, name, compare, save, open. */
export function RunList({
  onProblems,
  onDone,
}: {
  onProblems: (sentences: readonly Phrase[]) => void;
  /** Gets a sentence when something was done that need not be in view. */
  onDone: (sentence: string) => void;
}) {
  const t = useText();
  const runs = useLab((state) => state.runs);
  const status = useLab((state) => state.status);
  const watching = useLab((state) => state.watching);
  const top = useLab((state) => state.view.top);
  const bottom = useLab((state) => state.view.bottom);
  const { edit, watch, show, showRun, renameRun, removeRun, markSaved, addRuns } = useLab.getState();
  const input = useRef<HTMLInputElement>(null);
  const [loading, setLoading] = useState(false);
  const names = namesShown(runs, { top, bottom });
  const shown = watching ? null : runOfTrack(names.top);
  const open = async (files: readonly File[]) => {
    const opened = await openRunFiles(files);
    onProblems(opened.problems);
    // A link may have named one of them: then what it says is shown.
    const named = opened.runs.some(({ id }) => id === runOfTrack(top));
    if (opened.runs.length > 0) addRuns(opened.runs, 'opened', !named);
  };
  const record = async (id: string) => {
    setLoading(true);
    const found = await loadRecorded(id).finally(() => setLoading(false));
    if (found.kind === 'failed') return onProblems([found.why]);
    onProblems([]);
    addRuns([found.run], 'recorded', true);
  };
  const save = (each: SessionRun) => {
    saveFile(`${fileName(runName(t, each))}.json`, 'application/json', toRunFile(each.run));
    markSaved(each.run.id);
  };
  return (
    <section className="runs" aria-label={t.runs.heading}>
      <div className="runs-head">
        <h2>{t.runs.heading}</h2>
        <select
          aria-label={t.runs.recorded}
          value=""
          disabled={loading}
          onChange={(event) => void record(event.target.value)}
        >
          <option value="">{t.runs.recorded} …</option>
          {RECORDED.map(({ id }) => (
            <option key={id} value={id}>
              {t.runs.recordedNames[id]}
            </option>
          ))}
        </select>
        <button type="button" id="open-runs" onClick={() => input.current?.click()}>
          {t.runs.open}
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          accept=".json,application/json"
          aria-label={t.runs.openLabel}
          onChange={(event) => {
            const files = [...(event.target.files ?? [])];
            event.target.value = '';
            if (files.length > 0) void open(files);
          }}
        />
      </div>
      {runs.length === 0 && status.kind !== 'running' && <p className="hint">{t.runs.none}</p>}
      <ul>
        {status.kind === 'running' && (
          <li aria-current={watching}>
            <ShowButton name={t.runs.goingOn} shown={watching} onClick={watch} />
            <div className="run-what">
              <strong>{t.runs.goingOn}</strong>
              <span className="faint">{doingIn(t, status.doing)}</span>
            </div>
          </li>
        )}
        {runs.map((each) => {
          const { run, tracks } = each;
          const name = runName(t, each);
          const form = formOfRun(run);
          return (
            <li key={run.id} aria-current={run.id === shown}>
              <ShowButton name={name} shown={run.id === shown} onClick={() => showRun(run.id)} />
              <div className="run-what">
                {each.origin === 'recorded' ? (
                  <strong>{name}</strong>
                ) : (
                  <NameField name={name} onName={(next) => renameRun(run.id, next)} />
                )}
                <span className="faint">{originOf(t, each)}</span>
              </div>
              <div className="group">
                {form && (
                  <button
                    type="button"
                    aria-label={`${t.runs.settings}: ${name}`}
                    onClick={() => {
                      edit(form);
                      onDone(t.runs.settingsTaken);
                    }}
                  >
                    {t.runs.settings}
                  </button>
                )}
                <button type="button" aria-label={t.runs.saveNamed(name)} onClick={() => save(each)}>
                  {t.runs.save}
                </button>
                {tracks.length > 0 && (
                  <button
                    type="button"
                    aria-label={`${t.runs.trace}: ${name}`}
                    onClick={() => {
                      for (const track of toTrace(each, names))
                        saveFile(
                          `${fileName(`${name} ${titleOf(t, track)}`)}.trace.json`,
                          'application/json',
                          traceOf(each, track),
                        );
                    }}
                  >
                    {t.runs.trace}
                  </button>
                )}
                <button
                  type="button"
                  aria-label={t.runs.removeNamed(name)}
                  onClick={() => {
                    if (!each.saved && !confirm(t.runs.removeUnsaved(name))) return;
                    removeRun(run.id);
                    document.getElementById('open-runs')?.focus();
                  }}
                >
                  {t.runs.remove}
                </button>
              </div>
            </li>
          );
        })}
      </ul>
      {runs.some(({ tracks }) => tracks.length > 0) && (
        <div className="row">
          {(['top', 'bottom'] as const).map((place) => (
            <label key={place}>
              {place === 'top' ? t.runs.upper : t.runs.lower}
              <select
                value={watching ? GOING_ON : names[place]}
                onChange={(event) => show({ ...names, [place]: event.target.value })}
              >
                {watching && <option value={GOING_ON}>{t.runs.goingOn}</option>}
                {!watching && !trackNamed(runs, names[place]) && names[place] !== '' && (
                  <option value={names[place]}>{t.runs.noTrack}</option>
                )}
                {place === 'bottom' && <option value="">{t.runs.noLower}</option>}
                {runs.map((each) => (
                  <optgroup key={each.run.id} label={runName(t, each)}>
                    {each.tracks.map((track) => (
                      <option key={track.key} value={trackName(each.run.id, track.key)}>
                        {/* The closed field shows this alone, not the group's label. */}
                        {runs.length > 1 ? `${titleOf(t, track)} · ${runName(t, each)}` : titleOf(t, track)}
                      </option>
                    ))}
                  </optgroup>
                ))}
              </select>
            </label>
          ))}
        </div>
      )}
    </section>
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

function ShowButton({ name, shown, onClick }: { name: string; shown: boolean; onClick: () => void }) {
  const { runs } = useText();
  const label = shown ? runs.shown : runs.show;
  return (
    <button type="button" aria-label={`${label}: ${name}`} aria-pressed={shown} onClick={onClick}>
      {label}
    </button>
  );
}

/** Of a run with many tracks those on show or, where none is, those that would be shown. */
function toTrace(session: SessionRun, names: Pick<View, 'top' | 'bottom'>): readonly Track[] {
  const { run, tracks } = session;
  const among = ({ top, bottom }: typeof names) =>
    tracks.filter(({ key }) => [top, bottom].includes(trackName(run.id, key)));
  if (tracks.length <= 2) return tracks;
  const shown = among(names);
  return shown.length > 0 ? shown : among(viewOfRun(session));
}

function originOf(t: Text, { run, origin, saved }: SessionRun): string {
  const manifest = manifestOfRun(run);
  if (!manifest) return t.runs.fromTrace;
  const when = t.date(manifest.date);
  if (origin === 'measured') return [t.runs.measuredHere, when, ...(saved ? [] : [t.runs.unsaved])].join(t.join.comma);
  return origin === 'recorded' ? t.runs.recordedOn(machineOf(run), when) : t.runs.opened(machineOf(run), when);
}

const fileName = (name: string): string =>
  name
    .replaceAll(/[^\p{L}\p{N}.-]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 100) || 'run';

const traceOf = ({ run }: SessionRun, { spans, ranks, combination }: Track): string =>
  JSON.stringify(toChromeTrace(spans, ranks, { ...combination, name: run.name, manifest: manifestOfRun(run) }));
