import { linkOf } from './link';
import { useLab } from './store';

/** Browsers limit how often the address may change. */
const ADDRESS_MS = 300;

/**
 * Keeps the page's address what its settings and view are, so that a reload, a bookmark or somebody else finds them;
 * and follows links within the page.
 */
export function keepAddress(): void {
  let addressing: ReturnType<typeof setTimeout> | undefined;
  useLab.subscribe(({ form, view }, before) => {
    if (form === before.form && view === before.view) return;
    clearTimeout(addressing);
    addressing = setTimeout(() => {
      const fragment = linkOf(form, view);
      if (fragment !== location.hash)
        history.replaceState(history.state, '', `${location.pathname}${location.search}${fragment}`);
    }, ADDRESS_MS);
  });
  // The event's own address: the page's may have been brought up to date meanwhile.
  window.addEventListener('hashchange', ({ newURL }) => useLab.getState().followLink(new URL(newURL).hash));
  window.addEventListener('beforeunload', (event) => {
    // In a frame it is for the page around to keep them.
    if (window === window.top && useLab.getState().runs.some(({ saved }) => !saved)) event.preventDefault();
  });
}
