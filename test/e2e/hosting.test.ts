import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { openSite, type Site } from './browser';

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
 * A visitor new to the site. Whatever fails to load, breaks the page's policy or goes to another host fails the test.
 */
async function visit(
  use: (page: Page, context: BrowserContext) => Promise<void>,
  { browser }: Site = site,
): Promise<void> {
  const context = await browser.newContext();
  const wrong: string[] = [];
  // Of the context, so that what the service worker asks for is among them.
  context.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== '127.0.0.1' && protocol.startsWith('http')) wrong.push(`asked ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    const cause = request.failure()?.errorText;
    // The page stops reading a checkpoint when it knows its head.
    if (cause !== 'net::ERR_ABORTED' && !MAY_LACK.test(request.url())) wrong.push(`${request.url()} failed: ${cause}`);
  });
  context.on('response', (response) => {
    if (!response.ok() && !MAY_LACK.test(response.url())) wrong.push(`${response.url()} answered ${response.status()}`);
  });
  context.on('console', (message) => {
    if (message.type() === 'error' && !MAY_LACK.test(message.location().url)) wrong.push(message.text());
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

/** Until all files are kept. */
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
    expect(page.url()).toBe(`${site.url}?gpu=swiftshader${SETTINGS}`);
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

test('the page starts at a sub-path, not isolated; after that it is there without a connection, and so is every file', () =>
  visit(async (page, context) => {
    await page.goto(site.url);
    await started(page);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await kept(page);
    expect(
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope)),
    ).toEqual([site.url]);
    await context.setOffline(true);
    await page.goto(`${site.url}?gpu=swiftshader${SETTINGS}`);
    await started(page);
    await followed(page);
    await page.goto(`${site.url}?embed`);
    await page.getByRole('main').waitFor();

    const wanted = FILES.filter((path) => path !== 'sw.js' && !path.endsWith('.md'));
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

test('a new version waits until it is put in place', () =>
  visit(async (page) => {
    await page.goto(site.url);
    await started(page);
    await kept(page);
    const newer = readFileSync('dist/index.html', 'utf8').replace(
      '<title>FarSkip Lab</title>',
      '<title>A newer one</title>',
    );
    site.replace('index.html', newer);
    site.replace('', newer);
    // As a build writes it: the page's revision is another.
    site.replace('sw.js', readFileSync('dist/sw.js', 'utf8').replace(/(url:"index.html",revision:)"\w+"/, '$1"newer"'));
    await page.reload();
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state), UNTIL)
      .toBe('installed');
    expect(await page.title()).toBe('FarSkip Lab');
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
