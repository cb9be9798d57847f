import { type Phrase, phrase, wordsOf } from '../words/phrase';

/**
 * Registers the service worker that keeps the site for use without a connection, once the page has loaded. `onUpdate`
 * is called when a new version waits: `apply` puts it in place and reloads the page. `onError` gets why the site is not
 * kept; the page works without. Nothing is done in the development server, nor in a frame, whose page decides for
 * itself.
 */
export function watchForUpdate(onUpdate: (apply: () => void) => void, onError: (why: Phrase) => void): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator) || window !== window.top) return;
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
}
