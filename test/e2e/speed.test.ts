import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedPage, openSite, type Site } from './browser';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test('how quick WebGPU is here: the recorded GPU at first, then this one beside it, until it is stopped', () =>
  openedPage(site, async (page) => {
    await page.goto(`${site.url}speed.html`);
    const rows = page.getByRole('region', { name: /^Kernels/ }).getByRole('row');
    await rows.nth(1).waitFor();
    // Nothing was measured here yet.
    expect(await rows.nth(1).innerText()).toMatch(/^gemm\t512 × 512 → 512\t–\t–\t–\t12\.9\t151\t–$/);
    await page.getByRole('button', { name: 'Time the kernels on my GPU' }).click();
    const progress = page.getByRole('progressbar', { name: 'Timing the kernels' });
    await expect
      .poll(() => progress.evaluate((bar: HTMLProgressElement) => bar.value), { timeout: 60_000 })
      .toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Time the kernels on my GPU' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  }));
