import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BrowserContext, Page, Response } from 'playwright-core';
import { preview } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { openSite, type Site, shownRun } from './browser';

let site: Site;
beforeAll(async () => {
  site = await openSite({ slashless: true });
});
afterAll(() => site.close());

/** Every file of the built site, by its path there. */
const FILES = readdirSync('dist', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative('dist', join(entry.parentPath, entry.name)));

/** Of a checkpoint this file is asked for though it may have none. */
const MAY_LACK = /\/generation_config\.json$/;

/**
 * A visitor new to the site. Whatever fails to load, breaks the page's policy or goes to another host fails the test,
 * but for files of checkpoints where those are `lacking`.
 */
async function visit(
  use: (page: Page, context: BrowserContext) => Promise<void>,
  { browser, lacking = false }: { browser?: Site['browser']; lacking?: boolean } = {},
): Promise<void> {
  const mayLack = (url: string) => (lacking ? /\/models\// : MAY_LACK).test(url);
  const context = await (browser ?? site.browser).newContext();
  const wrong: string[] = [];
  // Of the context, so that what the service worker asks for is among them.
  context.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== '127.0.0.1' && protocol.startsWith('http')) wrong.push(`asked ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    const cause = request.failure()?.errorText;
    // The page stops reading a checkpoint when it knows its head.
    if (cause !== 'net::ERR_ABORTED' && !mayLack(request.url())) wrong.push(`${request.url()} failed: ${cause}`);
  });
  context.on('response', (response) => {
    if (!response.ok() && !mayLack(response.url())) wrong.push(`${response.url()} answered ${response.status()}`);
  });
  context.on('console', (message) => {
    if (message.type() === 'error' && !mayLack(message.location().url)) wrong.push(message.text());
  });
  context.on('weberror', (error) => wrong.push(error.error().message));
  const page = await context.newPage();
  try {
    await use(page, context);
    expect(wrong).toEqual([]);
  } finally {
    await context.close();
  }
}

/** The page has started from where it is; what stands in for it until then is gone. */
async function started(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  expect(await page.locator('.not-started').count()).toBe(0);
}

const SETTINGS = '#v=1&source=passage&tokens=16';
const followed = async (page: Page) => expect(await page.getByLabel('Tokens a device').inputValue()).toBe('16');

const UNTIL = { timeout: 15_000 };

/** Until the shell is kept. */
const kept = (page: Page) => page.evaluate(async () => void (await navigator.serviceWorker.ready));

test('the page starts at a root', async () => {
  const root = await openSite({ mount: '/' });
  try {
    await visit(async (page) => {
      await page.goto(root.url);
      await started(page);
      await kept(page);
    }, root);
  } finally {
    await root.close();
  }
});

test('the page starts at a sub-path without its slash, which it gets, and the query and fragment stay', () =>
  visit(async (page) => {
    await page.goto(`${site.url.slice(0, -1)}?gpu=swiftshader${SETTINGS}`);
    await started(page);
    // The page may by now have written the settings anew, with its own version.
    expect(page.url().split('#')[0]).toBe(`${site.url}?gpu=swiftshader`);
    expect(page.url()).toMatch(/#v=\d+&source=passage&tokens=16/);
    await followed(page);
    // The worker is the site's as ever; this visit began outside its scope, so that its next load is the first from the
    // kept files.
    await expect
      .poll(
        () =>
          page.evaluate(async (url) => (await navigator.serviceWorker.getRegistration(url))?.active?.state, site.url),
        UNTIL,
      )
      .toBe('activated');
    await page.reload();
    await started(page);
    expect(await page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
  }));

/** Until a file beside the shell is kept. */
const fileKept = (page: Page, path: string) =>
  expect.poll(() => page.evaluate(async (url) => !!(await caches.match(url)), `${site.url}${path}`), UNTIL).toBe(true);

test('after a first visit the page opens without a connection, and a run that was opened then opens again', () =>
  visit(
    async (page, context) => {
      await page.goto(site.url);
      await started(page);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await kept(page);
      expect(
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope)),
      ).toEqual([site.url]);
      // The first run was loaded before the worker was there.
      await fileKept(page, 'recorded/grid/deepseek-v2-lite-960m-4-0.5.json.gz');
      await page.getByLabel('Recorded runs').selectOption('tp');
      await fileKept(page, 'recorded/tp.json.gz');

      await context.setOffline(true);
      await page.goto(`${site.url}?gpu=swiftshader${SETTINGS}`);
      await started(page);
      await followed(page);
      await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
      await page.getByLabel('Recorded runs').selectOption('tp');
      await shownRun(page, /^Heads and experts/);
      expect(await page.evaluate(async () => (await fetch('models/other/config.json')).status)).toBe(404);

      // The rest can't be kept now, but later.
      await keepButton(page).click();
      await page.getByRole('alert').getByText('press the button again').waitFor();
      await page.goto(`${site.url}?embed`);
      await page.getByRole('main').waitFor();
      await context.setOffline(false);
      await page.goto(site.url);
      await keepButton(page).click();
      await allKept(page);
    },
    { lacking: true },
  ));

const keepButton = (page: Page) => page.getByRole('button', { name: /^Keep all .* \([\d.]+ MB\)$/ });
const allKept = (page: Page) => page.getByText('All is kept for use offline').waitFor();

test('once all is kept, every file is there without a connection, and the engine starts', () =>
  visit(async (page, context) => {
    await page.goto(site.url);
    await started(page);
    await keepButton(page).click();
    await allKept(page);
    await context.setOffline(true);
    await page.reload();
    await started(page);
    await allKept(page);
    expect(await keepButton(page).count()).toBe(0);

    // Books are for the terminal alone.
    const wanted = FILES.filter((path) => path !== 'sw.js' && !path.endsWith('.md') && !path.startsWith('books/'));
    expect(wanted).toEqual(expect.arrayContaining(['models/reference/config.json', 'texts/alice.txt']));
    const sizes = await page.evaluate(
      (paths) => Promise.all(paths.map(async (path) => (await (await fetch(path)).arrayBuffer()).byteLength)),
      wanted,
    );
    // Some hosts say of a gzipped file that it is encoded so: then the browser unpacks it.
    const sizesOf = (path: string) => {
      const file = readFileSync(join('dist', path));
      return path.endsWith('.gz') ? [file.length, gunzipSync(file).length] : [file.length];
    };
    for (const [i, path] of wanted.entries()) expect(sizesOf(path), path).toContain(sizes[i]);
    // What asks for a part gets it, or the whole and its status.
    const part = await page.evaluate(async () => {
      const response = await fetch('texts/alice.txt', { headers: { Range: 'bytes=100-' } });
      const text = await response.text();
      return response.status === 206 ? text : text.slice(100);
    });
    expect(part).toBe(readFileSync('dist/texts/alice.txt', 'utf8').slice(100));

    // The engine's worker starts, and the checkpoint opens.
    await page.goto(`${site.url}headless.html`);
    const reached = await page.evaluate(
      (settings) =>
        new Promise<string>((resolve) => {
          // The weights come after every other file that a run asks for.
          window.onJobEvent = (event) => {
            if (event.kind === 'progress' && event.total > 1e6) resolve('weights');
          };
          void window
            .runJob({ experiment: 'measurement', settings }, 'swiftshader')
            .then((outcome) => resolve(outcome.ok ? 'the end' : outcome.phrase.id));
        }),
      DEFAULT_MEASUREMENT,
    );
    expect(reached).toBe('weights');
  }));

/** What hosts pack on the way. */
const PACKED = /\.(html|css|js|json|txt|svg|webmanifest)$/;

/** The bytes of an answer, as a host that packs sends them. */
function bytesSent(response: Response): number {
  if (response.status() === 206) return Number(response.headers()['content-length']);
  const file = readFileSync(join('dist', response.url().slice(site.url.length) || 'index.html'));
  return PACKED.test(response.url()) || response.url() === site.url ? gzipSync(file).byteLength : file.byteLength;
}

test('a first visit loads at most 1.5 MB, packed, with all that is kept of it for use offline', () =>
  visit(async (page, context) => {
    const loaded: { readonly url: string; readonly bytes: number }[] = [];
    context.on('response', (response) => {
      if (response.fromServiceWorker()) return;
      loaded.push({ url: response.url(), bytes: bytesSent(response) });
    });
    await page.goto(site.url);
    await page.locator('section.timeline canvas').first().waitFor();
    await kept(page);
    await fileKept(page, 'recorded/grid/deepseek-v2-lite-960m-4-0.5.json.gz');
    expect(loaded.map(({ url }) => url)).toContain(`${site.url}sw.js`);
    const largest = loaded.sort((a, b) => b.bytes - a.bytes).map(({ url, bytes }) => `${url} ${bytes}`);
    expect(
      loaded.reduce((sum, { bytes }) => sum + bytes, 0),
      largest.join('\n'),
    ).toBeLessThanOrEqual(1_500_000);
  }));

const textNow = (page: Page) => page.evaluate(async () => (await fetch('texts/alice.txt')).text());

test('a new version waits until it is put in place; nothing of the older one is then served', () =>
  visit(async (page) => {
    await page.goto(site.url);
    await started(page);
    await keepButton(page).click();
    await allKept(page);
    const text = await textNow(page);
    const newer = readFileSync('dist/index.html', 'utf8').replace(
      '<title>FarSkip Lab</title>',
      '<title>A newer one</title>',
    );
    site.replace('index.html', newer);
    site.replace('', newer);
    // As a build writes it: the page's revision is another.
    const { cache } = JSON.parse(readFileSync('dist/offline.json', 'utf8'));
    const renamed = (path: string) => readFileSync(join('dist', path), 'utf8').replace(cache, 'site-files-newer');
    site.replace('offline.json', renamed('offline.json'));
    site.replace('sw.js', renamed('sw.js').replace(/(url:"(?:index.html|offline.json)",revision:)"\w+"/g, '$1"newer"'));
    site.replace('texts/alice.txt', 'A newer text');
    await page.reload();
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state), UNTIL)
      .toBe('installed');
    expect([await page.title(), await textNow(page)]).toEqual(['FarSkip Lab', text]);

    await page.getByRole('button', { name: 'Reload to update' }).click();
    await expect.poll(() => page.title(), UNTIL).toBe('A newer one');
    await keepButton(page).waitFor();
    expect(await textNow(page)).toBe('A newer text');
    await expect
      .poll(() => page.evaluate(async (name) => (await (await caches.open(name)).keys()).length, cache), UNTIL)
      .toBe(0);
  }));

test('the page that the command line drives keeps nothing', () =>
  visit(async (page) => {
    await page.goto(`${site.url}headless.html`);
    await page.waitForFunction(() => 'runJob' in window);
    expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  }));

test('opened from a folder, the page says how to serve it', async () => {
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.goto(pathToFileURL(resolve('dist/index.html')).href);
  const advice = page.getByText('python3 -m http.server');
  expect(await advice.isVisible()).toBe(false);
  await advice.waitFor();
  await context.close();
});

test('what may be cached for ever has the hash of its content in its name', () => {
  const names = readdirSync('dist/assets');
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => !/-[\w-]{8}\.(js|css)$/.test(name))).toEqual([]);
});

test.each(['allow', 'block'] as const)(
  'by the server of npm start, which compresses parts of files, a checkpoint is whole after its head was read (%s)',
  async (serviceWorkers) => {
    const server = await preview({ preview: { host: '127.0.0.1', port: 0 }, logLevel: 'silent' });
    const context = await site.browser.newContext({ serviceWorkers });
    const path = 'models/reference/model.safetensors';
    // Chromium completes a part of a file that it keeps where the file has not changed for a minute.
    utimesSync(`dist/${path}`, new Date('2026-01-01'), new Date('2026-01-01'));
    try {
      const page = await context.newPage();
      const [url] = server.resolvedUrls!.local;
      await page.goto(url!);
      if (serviceWorkers === 'allow') await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      await page.goto(`${url}?again#v=4&task=measure&model=reference`);
      await page.getByText(/its weights take/).waitFor();
      const read = await page.evaluate(async (file) => (await (await fetch(file)).arrayBuffer()).byteLength, path);
      expect(read).toBe(statSync(`dist/${path}`).size);
    } finally {
      await context.close();
      await server.close();
    }
  },
);
