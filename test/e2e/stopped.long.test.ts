import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedPage, openSite } from './browser';
import { chooseLeast, doing, early, repeats, run } from './interrupting';
import { MINUTES } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  mkdirSync('test-results', { recursive: true });
  site = await openSite();
});
afterAll(() => site.close());

test('a stop keeps the repeats that were complete, says so, and the next run begins at once', () =>
  openedPage(site, async (page) => {
    await chooseLeast(page, site.url);
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
