import { create } from 'zustand';
import type { Phrase } from '../../words/phrase';
import type { Form } from './form';
import { OPENED } from './opened';

type FormState = {
  readonly form: Form;
  /** What of the page's link could not be used, a sentence each. */
  readonly linkProblems: readonly Phrase[];
  /** Forms before the latest edits, and those that were undone, the nearest last. */
  readonly past: readonly Form[];
  readonly future: readonly Form[];
  readonly edit: (change: Partial<Form>) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Takes the settings that a link says; files can't be in one, so those chosen stay chosen. */
  readonly follow: (form: Form, problems: readonly Phrase[]) => void;
};

/** Edits of the same field that follow one another within this time are one, ms. */
const ONE_EDIT_MS = 1000;
const MOST_UNDONE = 100;

/** The settings, and how they were changed. */
export const useForm = create<FormState>((set, get) => {
  let latest = { keys: '', at: 0 };
  const forgetLatest = () => {
    latest = { keys: '', at: 0 };
  };
  return {
    form: OPENED.form,
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
      set({
        form: { ...form, ...change },
        past: goesOn ? past : [...past, form].slice(-MOST_UNDONE),
        future: [],
        linkProblems: [],
      });
    },
    undo() {
      const { form, past, future } = get();
      const before = past.at(-1);
      forgetLatest();
      if (before) set({ form: before, past: past.slice(0, -1), future: [...future, form] });
    },
    redo() {
      const { form, past, future } = get();
      const after = future.at(-1);
      forgetLatest();
      if (after) set({ form: after, past: [...past, form], future: future.slice(0, -1) });
    },
    follow(form, linkProblems) {
      const { form: before, past } = get();
      forgetLatest();
      set({
        form: { ...form, files: before.files },
        past: [...past, before].slice(-MOST_UNDONE),
        future: [],
        linkProblems,
      });
    },
  };
});
