import { runTitle } from '../parts/titles';
import type { Described } from '../parts/useDescribed';
import { useEngine } from '../state/engine_store';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
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
  const { run } = useEngine.getState();
  const measuring = form.task === 'measure';
  return (
    <form
      className="controls"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <button type="submit" className="primary" aria-disabled={running}>
        {runTitle(t, form)}
      </button>
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
