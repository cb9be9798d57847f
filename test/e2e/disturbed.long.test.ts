import { mkdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultForm, openedPage, openSite } from './browser';
import { chooseLittle, MINUTES, runAlone, runButton } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  mkdirSync('test-results', { recursive: true });
  site = await openSite();
});
afterAll(() => site.close());

/** What a browser does when another tab comes to the front, or this one again. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: hidden ? 'hidden' : 'visible' });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

/** Counts the wake locks that the page holds, in its `wakeLocks`. */
const WAKE_LOCKS = `
  globalThis.wakeLocks = 0;
  const lock = { request: async () => (globalThis.wakeLocks++, { release: async () => globalThis.wakeLocks-- }) };
  Object.defineProperty(Navigator.prototype, 'wakeLock', { configurable: true, get: () => lock });`;
const wakeLocks = (page: Page) => page.evaluate(() => (globalThis as unknown as { wakeLocks: number }).wakeLocks);

const OF_FARSKIP = 'Run FarSkip, overlapped';
const notice = (page: Page) => page.locator('.notice.running [role=status]');

test('a page that was hidden while it measured says so, and so does the file', () =>
  openedPage(site, async (page) => {
    await page.addInitScript(WAKE_LOCKS);
    await page.goto(defaultForm(site.url));
    await chooseLittle(page);
    await runAlone(page, 'FarSkip');
    await page.getByLabel('Repeats', { exact: true }).fill('16');
    await runButton(page, OF_FARSKIP).click();
    await notice(page)
      .getByText(/run \d+ of 16/)
      .waitFor({ timeout: MINUTES });
    expect(await wakeLocks(page)).toBe(1);
    await setHidden(page, true);
    await notice(page)
      .getByText(/run ([4-9]|1\d) of 16/)
      .waitFor({ timeout: MINUTES });
    await setHidden(page, false);
    await page.getByText('Next tokens').waitFor({ timeout: MINUTES });
    await expect.poll(() => wakeLocks(page)).toBe(0);
    const said = page.locator('.results .disturbed');
    expect(await said.innerText()).toMatch(
      /This measurement was disturbed.*The page was hidden for [\d.]+ s of the measurement/s,
    );

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Save reference/ }).click(),
    ]);
    await download.saveAs('test-results/disturbed.json');
    const { content } = JSON.parse(readFileSync('test-results/disturbed.json', 'utf8'));
    const { kind, ms } = content.result.manifest.disturbances[0];
    expect(kind).toBe('hidden');
    expect(ms).toBeGreaterThan(0);
  }));

test('of two tabs one waits until the other has measured, says so, and can be stopped meanwhile', () =>
  openedPage(site, async (first) => {
    const second = await first.context().newPage();
    for (const page of [first, second]) {
      await page.goto(defaultForm(site.url));
      await chooseLittle(page);
      await runAlone(page, 'FarSkip');
    }
    await first.getByLabel('Repeats', { exact: true }).fill('900');
    await runButton(first, OF_FARSKIP).click();
    await notice(first).getByText('of 900').waitFor({ timeout: MINUTES });
    const waits = notice(second).getByText('Another tab is measuring; this one begins when it is done.');
    await runButton(second, OF_FARSKIP).click();
    await waits.waitFor({ timeout: MINUTES });
    await second.getByRole('button', { name: 'Stop' }).click();
    await second.getByRole('progressbar').waitFor({ state: 'detached' });
    await runButton(second, OF_FARSKIP).click();
    await waits.waitFor();
    await first.getByRole('button', { name: 'Stop' }).click();
    await second.getByText('Next tokens').waitFor({ timeout: MINUTES });
    expect(await second.locator('.results table').first().getByRole('row').count()).toBe(2);
  }));
