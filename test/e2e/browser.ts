import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import sirv from 'sirv';
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
 * The built site under `mount`, by default a sub-path, as a course's static host would serve it, and a browser on SwiftShader.
 * `slashless`: the page is also what answers the path without its slash, as some hosts do, instead of leading to the path with it.
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
