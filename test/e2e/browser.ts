import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import sirv from 'sirv';
import { expect } from 'vitest';
import { LINK_VERSION } from '../../src/app/state/link';
import { launchChromium } from '../../src/cli/chromium';

export type Site = {
  readonly browser: Browser;
  /** Ends in a slash. */
  readonly url: string;
  /** From now on a file of the site, by its path there, is served with this text. */
  readonly replace: (path: string, text: string) => void;
  readonly close: () => Promise<void>;
};

/**
 * The built site under `mount`, by default a sub-path, as a course's static host would serve it, and a browser on
 * SwiftShader. `slashless`: the page is also what answers the path without its slash, as some hosts do, instead of
 * leading to the path with it.
 */
export async function openSite({ mount = '/course/lab/', slashless = false } = {}): Promise<Site> {
  const site = sirv('dist', { dev: true });
  const replaced = new Map<string, string>();
  const server: Server = createServer((request, response) => {
    const gone = () => {
      response.writeHead(404).end();
    };
    const { pathname, search } = new URL(request.url ?? '/', 'http://host');
    const asked = slashless && `${pathname}/` === mount ? mount : pathname;
    if (!asked.startsWith(mount)) return gone();
    const path = asked.slice(mount.length);
    const text = replaced.get(path);
    if (text !== undefined) {
      response.writeHead(200, { 'content-type': path.endsWith('.js') ? 'text/javascript' : 'text/html' }).end(text);
      return;
    }
    request.url = `/${path}${search}`;
    site(request, response, gone);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const browser = await launchChromium('swiftshader');
  return {
    browser,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${mount}`,
    replace: (path, text) => replaced.set(path, text),
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Has the engine's worker run `script` first: the way to make a GPU fail that does not fail by itself. */
export async function beforeEngine(page: Page, script: string): Promise<void> {
  await page.route('**/worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });
}

/** Opens the settings as soon as there is a button for that, as who wants to change some does. */
export function openSettings(): void {
  const observer = new MutationObserver(() => {
    const button = document.getElementById('toggle-settings');
    if (!button) return;
    observer.disconnect();
    if (button.getAttribute('aria-expanded') === 'false') button.click();
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** The page with the form as it is by default, which at the bare address says what the run on show is of. */
export const defaultForm = (url: string): string => `${url}#v=${LINK_VERSION}&task=measure`;

/**
 * Opens the page, and its settings if nothing else is said; whatever it logs as an error, or asks another host for,
 * fails the test.
 */
export async function openedPage(
  site: Awaited<ReturnType<typeof openSite>>,
  use: (page: Page) => Promise<void>,
  options: { width?: number; dark?: boolean; settings?: boolean } = {},
): Promise<void> {
  const context = await site.browser.newContext({
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
  });
  // The site is kept for use offline in hosting.test.ts; here it would only take the machine's time.
  await context.addInitScript('delete Navigator.prototype.serviceWorker');
  if (options.settings ?? true) await context.addInitScript(openSettings);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) wrong.push(message.text());
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== '127.0.0.1' && protocol.startsWith('http')) wrong.push(`asked ${request.url()}`);
  });
  try {
    await use(page);
    expect(wrong).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Waits until a run of that name is on show. */
export const shownRun = (page: Page, name: RegExp) =>
  expect
    .poll(
      () =>
        page
          .locator('.runs li[aria-current=true] .run-what > :first-child')
          .evaluate((name) => (name instanceof HTMLInputElement ? name.value : name.textContent), null, {
            timeout: 1000,
          })
          .catch(() => ''),
      { timeout: 20_000 },
    )
    .toMatch(name);

/** Charts are drawn once they are near. */
export async function scrollToCharts(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelector('.not-yet')?.scrollIntoView());
  await page.locator('.charts').waitFor();
}
