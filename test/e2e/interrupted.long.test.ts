import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beforeEngine, openedPage, openSite } from './browser';
import { chooseLeast, doing, early, run } from './interrupting';
import { MINUTES } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** The engine's GPU goes away when it is told that its page is hidden. */
const LOSES = `
  const give = GPUAdapter.prototype.requestDevice;
  let own = null;
  GPUAdapter.prototype.requestDevice = async function (...wanted) {
    const device = await give.apply(this, wanted);
    own ??= device;
    return device;
  };
  addEventListener('message', ({ data }) => {
    if (data.kind !== 'page' || !data.hidden) return;
    own.destroy();
    own = null;
  });`;
const lose = (page: Page) =>
  page.evaluate(() => {
    for (const value of ['hidden', 'visible']) {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value });
      document.dispatchEvent(new Event('visibilitychange'));
    }
  });

test('a GPU that is lost is a sentence, what was complete is kept, and the next run opens another', () =>
  openedPage(site, async (page) => {
    const alert = page.getByRole('alert');
    await beforeEngine(page, LOSES);
    await chooseLeast(page, site.url);
    await run(page);
    await doing(page, /warm-up/);
    await lose(page);
    await alert.waitFor({ timeout: MINUTES });
    expect(await alert.innerText()).toMatch(/^The GPU device was lost.*press Run to open it again\.$/);
    expect(await page.getByRole('button', { name: /^Save reference/ }).count()).toBe(0);
    await run(page);
    await doing(page, /run [3-9] of 90/);
    await lose(page);
    await alert.waitFor({ timeout: MINUTES });
    expect(await alert.innerText()).toMatch(
      /^The GPU was lost after \d+ of 90 repeats\. Press Run to open it again\.$/,
    );
    expect(await early(page).innerText()).toMatch(/^The GPU was lost after \d+ of 90 repeats\.$/);
    expect(await page.getByText('Next tokens').count()).toBe(0);
  }));
