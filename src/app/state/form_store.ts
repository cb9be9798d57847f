import { create } from 'zustand';
import type { Phrase } from '../../words/phrase';
import { type Form, FormSettings } from './form';
import type { ReadLink } from './link';
import { OPENED } from './opened';

type FormState = {
  readonly form: Form;
  /** The form with the value before of each setting that is wrong as it stands: what the address says. */
  readonly sound: Form;
  /** It is not the user's own: it says what the run on show is of, whichever that is. */
  readonly following: boolean;
  /** What of the page's link could not be used, a sentence each. */
  readonly linkProblems: readonly Phrase[];
  /** Forms before the latest edits, and those that were undone, the nearest last. */
  readonly past: readonly Form[];
  readonly future: readonly Form[];
  readonly edit: (change: Partial<Form>) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Says from now on what the run on show is of, until it is edited: now this. */
  readonly followRun: (settings: Partial<Form>) => void;
  /** Takes the settings that a link says; files can't be in one, so those chosen stay chosen. */
  readonly follow: (link: Omit<ReadLink, 'view'>) => void;
};

/** Edits of the same field that follow one another within this time are one, ms. */
const ONE_EDIT_MS = 1000;
const MOST_UNDONE = 100;

/** The settings, and how they were changed. */
export const useForm = create<FormState>((set, get) => {
  let latest = { keys: '', at: 0 };
  /** The form was edited since it followed a run last. */
  let ofUser = OPENED.saysSettings;
  const forgetLatest = () => {
    latest = { keys: '', at: 0 };
  };
  const take = (form: Form, others: Partial<FormState>) => {
    if (others.following === false) ofUser = true;
    set({ form, sound: soundOf(form, get().sound), ...others });
  };
  return {
    form: OPENED.form,
    sound: OPENED.form,
    following: !OPENED.saysSettings,
    linkProblems: OPENED.problems,
    past: [],
    future: [],
    edit(change) {
      const { form, past } = get();
      // Letters typed or a slider drawn one after the other are one edit.
      const keys = Object.keys(change).join();
      const now = performance.now();
      const goesOn = keys === latest.keys && now - latest.at < ONE_EDIT_MS;
      latest = { keys, at: now };
      take(
        { ...form, ...change },
        {
          past: goesOn ? past : [...past, form].slice(-MOST_UNDONE),
          future: [],
          linkProblems: [],
          following: false,
        },
      );
    },
    undo() {
      const { form, past, future } = get();
      const before = past.at(-1);
      forgetLatest();
      if (before) take(before, { past: past.slice(0, -1), future: [...future, form], following: false });
    },
    redo() {
      const { form, past, future } = get();
      const after = future.at(-1);
      forgetLatest();
      if (after) take(after, { past: [...past, form], future: future.slice(0, -1), following: false });
    },
    followRun(settings) {
      const { form, following, past } = get();
      if (says(form, settings)) {
        if (!following) set({ following: true });
        return;
      }
      forgetLatest();
      // The user's own form can be had again.
      const before = ofUser ? { past: [...past, form].slice(-MOST_UNDONE), future: [] } : {};
      ofUser = false;
      take({ ...form, ...settings }, { ...before, following: true });
    },
    follow({ form, saysSettings, problems: linkProblems }) {
      const { form: before, past } = get();
      forgetLatest();
      take(
        { ...form, files: before.files },
        { past: [...past, before].slice(-MOST_UNDONE), future: [], linkProblems, following: !saysSettings },
      );
    },
  };
});

/** Whether a form has these settings. */
export const says = (form: Form, settings: Partial<Form>): boolean =>
  Object.entries(settings).every(([key, value]) => JSON.stringify(form[key as keyof Form]) === JSON.stringify(value));

/** A setting that its schema does not take, as an emptied number, is as it was before. */
function soundOf(form: Form, before: Form): Form {
  const wrong = Object.entries(FormSettings.shape)
    .filter(([key, schema]) => !schema.safeParse(form[key as keyof FormSettings]).success)
    .map(([key]) => [key, before[key as keyof FormSettings]]);
  return { ...form, ...Object.fromEntries(wrong) };
}
