import { useEffect } from 'react';
import { DEFAULT_FORM, formOfRun } from './state/form';
import { says, useForm } from './state/form_store';
import { useRuns } from './state/runs_store';
import { runShown } from './state/session';
import { useView } from './state/view_store';

/** Keeps the form, while there is one, what the run on show is of: from when it says that until it is edited. */
export function useFormOfShown(hasForm: boolean): void {
  const runs = useRuns((state) => state.runs);
  const tracks = useView((state) => state.view.tracks);
  const watching = useView((state) => state.watching);
  const form = useForm((state) => state.form);
  const following = useForm((state) => state.following);
  const session = runShown(runs, tracks);
  useEffect(() => {
    if (!hasForm || !session || watching) return;
    // What no form can say leaves it as it is by default, and files that were chosen stay so.
    const { files: _, ...theirs } = formOfRun(session.run) ?? DEFAULT_FORM;
    if (following || says(form, theirs)) useForm.getState().followRun(theirs);
  }, [hasForm, session, watching, form, following]);
}
