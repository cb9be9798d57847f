import { create } from 'zustand';
import type { LabRun } from '../../lab/runs/lab_run';
import { textNow } from './language';
import { freeName, namesShown, runName, type SessionRun, sessionRun, tracksOfRun, withRun } from './session';
import { runOfTrack } from './view';
import { useView } from './view_store';

type RunsState = {
  readonly runs: readonly SessionRun[];
  /** Puts runs on the list; `show`: and shows the last of them. */
  readonly add: (runs: readonly LabRun[], origin: SessionRun['origin'], show: boolean) => void;
  readonly show: (id: string) => void;
  readonly rename: (id: string, name: string) => void;
  /** What is kept has another name by now. */
  readonly takeName: (kept: Pick<LabRun, 'id' | 'name'>) => void;
  /** Puts a run in the place of the one with its id. */
  readonly replace: (run: LabRun) => void;
  readonly remove: (id: string) => void;
  readonly markSaved: (id: string) => void;
  /** What is kept is the run as it was given. */
  readonly markKept: (run: LabRun, bytes: number) => void;
  /** A run that was kept is on the list again. */
  readonly restore: (run: LabRun, state: Pick<SessionRun, 'origin' | 'saved' | 'keptBytes'>) => void;
};

/** The session's runs. */
export const useRuns = create<RunsState>((set, get) => {
  const nameShown = (run: SessionRun) => runName(textNow(), run);
  const changeRun = (id: string, change: (run: SessionRun) => SessionRun) =>
    set({ runs: get().runs.map((each) => (each.run.id === id ? change(each) : each)) });
  return {
    runs: [],
    add(added, origin, show) {
      const runs = added.map((run) => sessionRun(run, origin));
      set({ runs: runs.reduce((all, run) => withRun(all, run, nameShown), get().runs) });
      const last = runs.at(-1);
      if (show && last) get().show(last.run.id);
    },
    show(id) {
      const run = get().runs.find((each) => each.run.id === id);
      if (run) useView.getState().show(tracksOfRun(run));
    },
    rename(id, name) {
      const others = get().runs.filter(({ run }) => run.id !== id);
      const free = freeName(others.map(nameShown), name);
      changeRun(id, (each) => ({ ...each, run: { ...each.run, name: free }, saved: false, keptBytes: null }));
    },
    takeName: ({ id, name }) => changeRun(id, (each) => ({ ...each, run: { ...each.run, name }, saved: false })),
    remove(id) {
      const { runs } = get();
      const { view, replaceTracks } = useView.getState();
      const shown = namesShown(runs, view.tracks);
      const left = shown.filter((name) => runOfTrack(name) !== id);
      set({ runs: runs.filter(({ run }) => run.id !== id) });
      // With the first track goes what was compared with it.
      if (left.length < shown.length) replaceTracks(left[0] === shown[0] ? left : []);
    },
    replace: (run) => changeRun(run.id, ({ origin, saved }) => ({ ...sessionRun(run, origin), saved })),
    markSaved: (id) => changeRun(id, (each) => ({ ...each, saved: true, keptBytes: null })),
    markKept: (run, bytes) => changeRun(run.id, (each) => (each.run === run ? { ...each, keptBytes: bytes } : each)),
    restore(run, state) {
      const restored = { ...sessionRun(run, state.origin), ...state, restored: true };
      set({ runs: withRun(get().runs, restored, nameShown) });
    },
  };
});
