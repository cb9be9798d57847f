import { DEFAULT_FORM, formOfRun } from './form';
import { useForm } from './form_store';
import { linkOf, readLink } from './link';
import { useRuns } from './runs_store';
import { runShown } from './session';
import { DEFAULT_VIEW } from './view';
import { useView } from './view_store';

/** Browsers limit how often the address may change. */
const ADDRESS_MS = 300;

/**
 * The page's settings, as far as they are right, and view as a link's fragment. Settings of a recorded run on show go
 * without saying.
 */
export function fragmentNow(): string {
  const { view, opening } = useView.getState();
  const { sound, following } = useForm.getState();
  const session = runShown(useRuns.getState().runs, view.tracks);
  const goWithout = following && (!session || (session.origin === 'recorded' && formOfRun(session.run) !== null));
  const shown = view === opening ? { ...DEFAULT_VIEW, lang: view.lang } : view;
  return goWithout ? linkOf(DEFAULT_FORM, shown) : linkOf(sound, shown, true);
}

/**
 * Keeps the page's address what its settings and view are, so that a reload, a bookmark or somebody else finds them;
 * and follows links within the page.
 */
export function keepAddress(): void {
  // What a language alone was said by is in the fragment from now on.
  const { searchParams } = new URL(location.href);
  if (searchParams.has('lang')) {
    searchParams.delete('lang');
    const search = searchParams.size > 0 ? `?${searchParams}` : '';
    history.replaceState(history.state, '', `${location.pathname}${search}${fragmentNow()}`);
  }
  let addressing: ReturnType<typeof setTimeout> | undefined;
  const address = () => {
    clearTimeout(addressing);
    addressing = setTimeout(() => {
      const fragment = fragmentNow();
      if (fragment !== location.hash)
        history.replaceState(history.state, '', `${location.pathname}${location.search}${fragment}`);
    }, ADDRESS_MS);
  };
  useForm.subscribe(
    ({ form, following }, before) => (form !== before.form || following !== before.following) && address(),
  );
  useView.subscribe(({ view }, before) => view !== before.view && address());
  // The event's own address: the page's may have been brought up to date meanwhile.
  window.addEventListener('hashchange', ({ newURL }) => followLink(new URL(newURL).hash));
}

/** Takes the settings and the view that a link's fragment says. */
function followLink(fragment: string): void {
  const link = readLink(fragment);
  useForm.getState().follow(link);
  useView.getState().follow(link.view);
}
