import { create } from 'zustand';
import { OPENED } from './opened';
import { DEFAULT_VIEW, NOTHING_CHOSEN, type View } from './view';

type ViewState = {
  readonly view: View;
  /** The run that goes on is on show, instead of what the view names. */
  readonly watching: boolean;
  /** What was chosen of the view's tracks before the run that goes on was shown instead. */
  readonly chosenBefore: Partial<View>;
  readonly look: (change: Partial<View>) => void;
  /** Shows these tracks, instead of a run that goes on. */
  readonly show: (tracks: View['tracks']) => void;
  /** Shows other tracks because those on show are gone; a run that goes on stays on show. */
  readonly replaceTracks: (tracks: View['tracks']) => void;
  /** Shows the run that goes on. */
  readonly watch: () => void;
  /** The run that went on has ended: what the view names is on show again, as it was. Answers whether the run was. */
  readonly stopWatching: () => boolean;
  /** How the page showed its first run by itself; while nothing of it was changed it is not in the link. */
  readonly opening: View | null;
  /** Shows the page's first run so, where the link said nothing of how to. */
  readonly openWith: (change: Partial<View>) => void;
  /** Takes the view that a link says. */
  readonly follow: (view: View) => void;
};

/** What is looked at, and how. */
export const useView = create<ViewState>((set, get) => ({
  view: OPENED.view,
  watching: false,
  chosenBefore: {},
  look(change) {
    const { view } = get();
    const { tracks = view.tracks } = change;
    // A language says nothing of how a run is shown.
    if (view === get().opening && Object.keys(change).join() === 'lang') {
      const opening = { ...view, ...change };
      return set({ view: opening, opening });
    }
    // Where other tracks are shown, what was chosen of those before means nothing.
    if (String(tracks) === String(view.tracks)) set({ view: { ...view, ...change } });
    else set({ view: { ...view, ...NOTHING_CHOSEN, ...change }, watching: false });
  },
  show: (tracks) => set({ view: { ...get().view, ...NOTHING_CHOSEN, tracks }, watching: false }),
  replaceTracks(tracks) {
    const { view, watching } = get();
    set({ chosenBefore: {}, view: { ...view, ...(watching ? {} : NOTHING_CHOSEN), tracks } });
  },
  watch() {
    const { watching, view } = get();
    const { from, to, selected, range, marks } = view;
    if (!watching)
      set({
        watching: true,
        chosenBefore: { from, to, selected, range, marks },
        view: { ...view, ...NOTHING_CHOSEN },
      });
  },
  stopWatching() {
    const { watching, view, chosenBefore } = get();
    if (watching) set({ watching: false, view: { ...view, ...NOTHING_CHOSEN, ...chosenBefore } });
    return watching;
  },
  opening: null,
  openWith(change) {
    const { view } = get();
    if (JSON.stringify({ ...view, lang: DEFAULT_VIEW.lang }) !== JSON.stringify(DEFAULT_VIEW)) return;
    const opening = { ...view, ...change };
    set({ view: opening, opening });
  },
  follow: (view) => set({ view, watching: false }),
}));
