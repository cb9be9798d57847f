import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import sirv from 'sirv';
import { launchChromium } from '../../src/cli/chromium';

/** The built site under a sub-path, as a course's static host would serve it, and a browser on SwiftShader. */
export async function openSite(): Promise<{ browser: Browser; url: string; close: () => Promise<void> }> {
  const site = sirv('dist', { dev: true });
  const server: Server = createServer((request, response) => {
    const gone = () => {
      response.writeHead(404).end();
    };
    if (!request.url?.startsWith('/course/lab/')) return gone();
    request.url = request.url.slice('/course/lab'.length);
    site(request, response, gone);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const browser = await launchChromium('swiftshader');
  return {
    browser,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/course/lab/`,
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
