import { InputError } from '../words/error';
import { phrase, wordsOf } from '../words/phrase';

/**
 * The models, recorded runs and texts of the site, as the build listed them in offline.json. The service worker answers
 * them from `cache` and puts there what it had to load (vite.config.ts).
 */
export type SiteFiles = { readonly cache: string; readonly files: readonly SiteFile[] };
type SiteFile = { readonly path: string; readonly bytes: number };

export const bytesOf = (files: readonly SiteFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

const addressOf = ({ path }: SiteFile): string => new URL(path, document.baseURI).href;

export async function readSiteFiles(): Promise<SiteFiles> {
  return (await fetch(new URL('offline.json', document.baseURI))).json();
}

/** Those that are not kept yet. */
export async function notKept({ cache, files }: SiteFiles): Promise<readonly SiteFile[]> {
  const kept = new Set((await (await caches.open(cache)).keys()).map(({ url }) => url));
  return files.filter((file) => !kept.has(addressOf(file)));
}

/**
 * Keeps all files, one after the other; those that are kept already are not loaded again. Throws InputError: what came
 * before stays kept.
 */
export async function keepAll(site: SiteFiles, onKept: (bytes: number) => void): Promise<void> {
  const missing = await notKept(site);
  let bytes = bytesOf(site.files) - bytesOf(missing);
  onKept(bytes);
  for (const file of missing) {
    await keep(site, file);
    bytes += file.bytes;
    onKept(bytes);
  }
}

/** Keeps what the page loaded before its worker was there. */
export async function keepLoaded(site: SiteFiles): Promise<void> {
  const requests = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const loadedBytes = new Map(requests.map(({ name, decodedBodySize }) => [name, decodedBodySize]));
  // Of a checkpoint the page reads the head alone.
  const loaded = (file: SiteFile) => (loadedBytes.get(addressOf(file)) ?? 0) >= file.bytes;
  for (const file of await notKept(site)) if (loaded(file)) await keep(site, file);
}

async function keep({ cache }: SiteFiles, file: SiteFile): Promise<void> {
  try {
    const response = await fetch(addressOf(file), { cache: 'no-cache' });
    if (!response.ok) throw new Error(`status ${response.status}`);
    // The worker keeps it as well, but does not tell when, nor whether there was room.
    await (await caches.open(cache)).put(addressOf(file), response);
  } catch (cause) {
    throw new InputError(
      phrase`Not all could be kept for use offline (${file.path}: ${wordsOf(cause)}); press the button again to go on.`,
    );
  }
}

/** Deletes what older versions of this site kept. Other sites of the same host keep theirs. */
export async function forgetOlder({ cache }: SiteFiles): Promise<void> {
  const prefix = cache.slice(0, cache.lastIndexOf('-'));
  const own = new URL('.', document.baseURI).href;
  for (const name of await caches.keys()) {
    if (name === cache || !name.startsWith(prefix)) continue;
    const older = await caches.open(name);
    for (const { url } of await older.keys()) if (url.startsWith(own)) await older.delete(url);
  }
}
