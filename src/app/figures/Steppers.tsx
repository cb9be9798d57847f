import { useRef, useState } from 'react';
import { GRID, type GridPoint, gridId } from '../../lab/runs/recorded';
import type { Phrase } from '../../words/phrase';
import { Choice, Switch } from '../parts/fields';
import { Term } from '../parts/Term';
import { useNarrow } from '../parts/useNarrow';
import { loadRecorded } from '../runs/load_recorded';
import { useText } from '../state/language';
import { useRuns } from '../state/runs_store';
import { namesShown, type SessionRun, sessionRun } from '../state/session';
import { type Compared, comparedIn, lookKept, pointOnShow, stepped, tracksFor } from '../state/stepping';
import { trackName } from '../state/view';
import { useView } from '../state/view_store';
import { SHAPED_LIKE } from '../text/en';

type Props = {
  readonly session: SessionRun;
  /** Names of the tracks on show. */
  readonly names: readonly string[];
  readonly onProblems: (sentences: readonly Phrase[]) => void;
};

/** Steps through the runs of the grid, and through what of a run is compared: what is on show changes at once. */
export function Steppers({ session, names, onProblems }: Props) {
  const t = useText();
  const narrow = useNarrow();
  const [loading, setLoading] = useState(false);
  /** Where the latest step leads, until it is shown. */
  const target = useRef<GridPoint | null>(null);
  const point = pointOnShow(session);
  const compared = comparedIn(session, names);
  if (!compared) return null;
  const isOwn = (name: string) => name.startsWith(`${session.run.id}/`);
  /** Shows these of a run, and of other runs what is shown of them. */
  const look = (own: SessionRun, shown: readonly string[]) => {
    const { view, look: change } = useView.getState();
    change({ tracks: [...shown, ...names.filter((name) => !isOwn(name))], ...lookKept(view, session, own, shown) });
  };
  const show = (change: Partial<Compared>) =>
    look(session, tracksFor(session.run.id, session.tracks, { ...compared, ...change }));
  const go = async (stepFrom: (from: GridPoint) => GridPoint | null) => {
    // Of quick steps each goes on from where the one before leads, and the last is shown.
    const from = target.current ?? point;
    const to = from && stepFrom(from);
    if (!to) return;
    target.current = to;
    setLoading(true);
    const id = gridId(to);
    const found = await loadRecorded(id);
    if (target.current !== to) return;
    target.current = null;
    setLoading(false);
    if (found.kind === 'failed') return onProblems([found.why]);
    // Something else was chosen meanwhile.
    if (useView.getState().watching || !names.every((name) => isShown(name))) return;
    onProblems([]);
    const { add, remove } = useRuns.getState();
    add([found.run], 'recorded', false);
    // All runs of the grid have the same combinations.
    const keys = names.filter(isOwn).map((name) => name.slice(session.run.id.length + 1));
    look(
      sessionRun(found.run, 'recorded'),
      keys.map((key) => trackName(id, key)),
    );
    if (id !== session.run.id) remove(session.run.id);
  };
  const steppers = (
    <fieldset className="steppers" aria-label={t.figures.steppers} aria-busy={loading}>
      {point && (
        <>
          <label className="stepper">
            <span>{t.figures.shape}</span>
            <select
              value={point.model}
              onChange={({ target: { value } }) => void go((from) => ({ ...from, model: value as GridPoint['model'] }))}
            >
              {GRID.model.map((model) => (
                <option key={model} value={model}>
                  {SHAPED_LIKE[model]}
                </option>
              ))}
            </select>
          </label>
          <Stepper words={t.figures.devices} point={point} along="ranks" onStep={go} />
          <Stepper words={t.figures.ratio} point={point} along="ratio" onStep={go} />
        </>
      )}
      {compared.schedules.length > 1 && (
        <Choice
          name="schedule on show"
          label={t.figures.schedule}
          term="schedule"
          value={compared.schedule}
          options={compared.schedules.map((schedule) => [schedule, t.figures.schedules[schedule]] as const)}
          onChange={(schedule) => show({ schedule })}
        />
      )}
      <Switch label={t.say(compared.other)} on={compared.withOther} onChange={(withOther) => show({ withOther })} />
    </fieldset>
  );
  // On a small screen the lanes come first.
  if (!narrow) return steppers;
  return (
    <details className="steppers-fold">
      <summary>{t.figures.change}</summary>
      {steppers}
    </details>
  );
}

const isShown = (name: string): boolean =>
  namesShown(useRuns.getState().runs, useView.getState().view.tracks).includes(name);

/** A number with a button for less and one for more. */
function Stepper(props: {
  words: { readonly label: string; readonly less: string; readonly more: string };
  point: GridPoint;
  along: 'ranks' | 'ratio';
  onStep: (stepFrom: (from: GridPoint) => GridPoint | null) => Promise<void>;
}) {
  const { words, point, along, onStep } = props;
  const button = (by: -1 | 1, label: string, sign: string) => {
    const to = stepped(point, along, by);
    return (
      <button
        type="button"
        aria-label={label}
        aria-disabled={!to}
        onClick={() => void onStep((from) => stepped(from, along, by))}
      >
        {sign}
      </button>
    );
  };
  return (
    <fieldset className="stepper" aria-label={words.label}>
      <Term of={along === 'ranks' ? 'rank' : 'ratio'}>{words.label}</Term>
      {button(-1, words.less, '−')}
      <output>{point[along]}</output>
      {button(1, words.more, '+')}
    </fieldset>
  );
}
