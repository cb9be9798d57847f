import { type Phrase, phrase, wordsOf } from '../words/phrase';
import { forgetOlder, keepLoaded, readSiteFiles, type SiteFiles } from './site_files';

/** Not the development server, nor a frame, whose page decides for itself. */
const canBeKept = (): boolean => import.meta.env.PROD && 'serviceWorker' in navigator && window === window.top;

/** The files that can be kept beside the page, once its service worker is there; it may never be. */
export async function whatCanBeKept(): Promise<SiteFiles | null> {
  if (!canBeKept()) return null;
  await navigator.serviceWorker.ready;
  return readSiteFiles();
}

/**
 * Registers the service worker that keeps the page for use without a connection, once the page has loaded. `onUpdate`
 * is called when a new version waits: `apply` puts it in place and reloads the page. `onError` gets why the page is not
 * kept; it works without. Nothing is done where it can't be kept.
 */
export function watchForUpdate(onUpdate: (apply: () => void) => void, onError: (why: Phrase) => void): void {
  if (!canBeKept()) return;
  const start = () => void register(onUpdate, onError).catch((cause) => onError(phrase`${wordsOf(cause)}`));
  if (document.readyState === 'complete') start();
  else window.addEventListener('load', start, { once: true });
}

async function register(onUpdate: (apply: () => void) => void, onError: (why: Phrase) => void): Promise<void> {
  // The scope is the worker's folder, the site's.
  const registration = await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));

  const apply = () => {
    const { waiting } = registration;
    // Another tab may have put it in place.
    if (!waiting) return location.reload();
    waiting.addEventListener('statechange', () => {
      if (waiting.state === 'activated') location.reload();
    });
    waiting.postMessage({ type: 'SKIP_WAITING' });
  };
  let followed: ServiceWorker | null = null;
  const follow = (worker: ServiceWorker | null) => {
    if (!worker || worker === followed) return;
    followed = worker;
    const changed = () => {
      if (worker.state === 'installing') return;
      worker.removeEventListener('statechange', changed);
      if (worker.state === 'redundant') onError(phrase`the files of the site could not all be kept`);
      // The first version of all does not wait: nothing is in place that it would replace.
      else if (registration.active) onUpdate(apply);
    };
    worker.addEventListener('statechange', changed);
  };
  if (registration.waiting && registration.active) onUpdate(apply);
  follow(registration.installing);
  registration.addEventListener('updatefound', () => follow(registration.installing));

  await navigator.serviceWorker.ready;
  const site = await readSiteFiles();
  await forgetOlder(site);
  // What can't be had now is kept when it is opened again.
  await keepLoaded(site).catch(() => {});
}
