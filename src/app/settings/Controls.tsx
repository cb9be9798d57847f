import { runForm, sizedRun } from '../parts/sized_run';
import { runTitle } from '../parts/titles';
import type { Described } from '../parts/useDescribed';
import { useEngine } from '../state/engine_store';
import { formOfRun } from '../state/form';
import { says, useForm } from '../state/form_store';
import { useText } from '../state/language';
import { useRuns } from '../state/runs_store';
import { runShown } from '../state/session';
import { useView } from '../state/view_store';
import { DetailFields } from './DetailFields';
import { DeviceFields } from './DeviceFields';
import { GenerateFields } from './GenerateFields';
import { MethodFields } from './MethodFields';
import { ModelFields } from './ModelFields';
import { TaskFields } from './TaskFields';

/** All settings, and the button that runs what they say. */
export function Controls({ described }: { described: Described }) {
  const t = useText();
  const form = useForm((state) => state.form);
  const running = useEngine((state) => state.status.kind === 'running');
  const following = useForm((state) => state.following);
  const runs = useRuns((state) => state.runs);
  const tracks = useView((state) => state.view.tracks);
  const measuring = form.task === 'measure';
  const sized = following && sizedRun(runShown(runs, tracks)) !== null;
  return (
    <form
      className="controls"
      onSubmit={(event) => {
        event.preventDefault();
        runForm();
      }}
    >
      <button type="submit" className="primary" aria-disabled={running}>
        {sized ? t.runs.onMyGpu : runTitle(t, form)}
      </button>
      <OfAnother />
      <MethodFields />
      <ModelFields described={described} />
      <TaskFields />
      {!measuring && <GenerateFields />}
      <DeviceFields />
      <DetailFields measuring={measuring} />
      <UndoButtons />
    </form>
  );
}

/** Where the form says another run than the one on show: tells it, and takes that one's settings. */
function OfAnother() {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const runs = useRuns((state) => state.runs);
  const tracks = useView((state) => state.view.tracks);
  const running = useEngine((state) => state.status.kind === 'running');
  const session = runShown(runs, tracks);
  const theirs = session && formOfRun(session.run);
  if (running || !theirs || says(form, theirs)) return null;
  return (
    <p className="hint of-another">
      {words.ofAnother}{' '}
      <button type="button" className="link" onClick={() => useForm.getState().edit(theirs)}>
        {words.takeTheirs}
      </button>
    </p>
  );
}

function UndoButtons() {
  const { form: words } = useText();
  const undoable = useForm((state) => state.past.length > 0);
  const redoable = useForm((state) => state.future.length > 0);
  const { undo, redo } = useForm.getState();
  return (
    <div className="actions">
      <button type="button" disabled={!undoable} onClick={undo}>
        {words.undo}
      </button>
      <button type="button" disabled={!redoable} onClick={redo}>
        {words.redo}
      </button>
      <p className="hint">{words.linkHint}</p>
    </div>
  );
}
