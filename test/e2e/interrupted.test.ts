import { mkdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beforeEngine, openedPage, openSite } from './browser';
import { chooseLittle, MINUTES, runAlone, runButton } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  mkdirSync('test-results', { recursive: true });
  site = await openSite();
});
afterAll(() => site.close());

const repeats = (page: Page) => page.getByLabel('Repeats', { exact: true });
const run = (page: Page) => runButton(page, 'Run FarSkip, overlapped').click();
const doing = (page: Page, what: RegExp) =>
  page.locator('.notice.running [role=status]').getByText(what).waitFor({ timeout: MINUTES });
const early = (page: Page) => page.locator('.results .ended-early');

async function chooseLeast(page: Page): Promise<void> {
  await page.goto(site.url);
  await chooseLittle(page);
  await runAlone(page, 'FarSkip');
  await repeats(page).fill('90');
}

test('a stop keeps the repeats that were complete, says so, and the next run begins at once', () =>
  openedPage(site, async (page) => {
    await chooseLeast(page);
    await run(page);
    await doing(page, /run [3-9] of 90/);
    await page.getByRole('button', { name: 'Stop' }).click();
    await early(page).waitFor({ timeout: MINUTES });
    expect(await early(page).innerText()).toMatch(/^Stopped after \d+ of 90 repeats\.$/);
    expect(await page.locator('.results caption').first().innerText()).toMatch(/^Medians of \d+ runs each in turn/);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Save reference/ }).click(),
    ]);
    await download.saveAs('test-results/stopped.json');
    const { content } = JSON.parse(readFileSync('test-results/stopped.json', 'utf8'));
    expect(content.result.ended).toEqual({ kind: 'stopped', asked: 90 });
    // A stop before anything was measured keeps nothing.
    await run(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    await repeats(page).fill('1');
    await run(page);
    await page.getByText('Next tokens').waitFor({ timeout: MINUTES });
    expect(await early(page).count()).toBe(0);
    expect(await page.getByRole('button', { name: /^Save reference/ }).count()).toBe(2);
  }));

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
    await chooseLeast(page);
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
