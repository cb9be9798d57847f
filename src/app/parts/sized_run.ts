import { isUntrained } from '../../model/presets';
import { useEngine } from '../state/engine_store';
import { formOfRun } from '../state/form';
import { useForm } from '../state/form_store';
import { useRuns } from '../state/runs_store';
import { runShown, type SessionRun } from '../state/session';
import { useView } from '../state/view_store';

/**
 * Measures what a recorded run is of, as large as this GPU does it in some seconds: given for measurements of untrained
 * models, whose sizes are free.
 */
export function sizedRun(session: SessionRun | undefined): (() => void) | null {
  if (session?.origin !== 'recorded' || session.run.kind !== 'measurement') return null;
  const theirs = isUntrained(session.run.result.settings.model) ? formOfRun(session.run) : null;
  return theirs && (() => void useEngine.getState().runSized({ ...theirs, schedule: ['overlapped'] }));
}

/**
 * Runs what the form says; where it follows a recorded run, which may be larger than this GPU does, as large as fits.
 */
export function runForm(): void {
  const session = runShown(useRuns.getState().runs, useView.getState().view.tracks);
  const sized = useForm.getState().following ? sizedRun(session) : null;
  if (sized) sized();
  else void useEngine.getState().run();
}
