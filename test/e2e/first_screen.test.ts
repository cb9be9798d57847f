import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedPage, openSite, shownRun } from './browser';
import { pick } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const figures = (page: Page) => page.getByRole('region', { name: 'What this shows' });
const heading = (page: Page, name: RegExp) => page.getByRole('heading', { name });

test.each([
  [1440, 900],
  [390, 844],
])('on a screen of %i × %i the result is seen at once, and steps change it without WebGPU', (width, height) =>
  openedPage(
    site,
    async (page) => {
      await page.setViewportSize({ width, height });
      // A page without WebGPU says so above.
      if (width > 860) await page.addInitScript('delete Navigator.prototype.gpu');
      await page.goto(site.url);
      await shownRun(page, /^Shaped like DeepSeek-V2-Lite, 4 devices, ratio 0.5/);
      const bottomOf = async (own: Locator) => {
        const { y, height: own_ } = (await own.boundingBox())!;
        return y + own_;
      };
      for (const figure of ['1.38×', '96 %']) {
        const shown = figures(page).getByText(figure, { exact: true });
        expect(await bottomOf(shown)).toBeLessThan(height);
        expect(
          await shown.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize)),
        ).toBeGreaterThan(40);
      }
      if (width > 860) expect(await bottomOf(heading(page, /^FarSkip, overlapped/))).toBeLessThan(height - 100);

      expect(await bottomOf(heading(page, /^Regular, overlapped/))).toBeLessThan(height - 80);
      // What is not measured, and that the axis is no run's own time, is said at first sight.
      expect(await bottomOf(figures(page).getByText('devices and links are emulated'))).toBeLessThan(height / 2);
      expect(await page.getByText('layers aligned', { exact: true }).isVisible()).toBe(true);
      if (width < 860) await page.getByText('Show another run').click();
      // A term says what it means.
      await page.getByRole('button', { name: 'of the communication hidden' }).click();
      await figures(page)
        .getByText(/^Hidden: of a device’s time in collectives/)
        .waitFor();
      await page.keyboard.press('Escape');
      const textOf = () => figures(page).innerText();
      const seen = [await textOf()];
      const steps = [
        () => page.getByRole('button', { name: 'More devices' }).click(),
        () => page.getByRole('button', { name: 'A higher ratio' }).click(),
        () => pick(page, 'blocking'),
        () => figures(page).getByRole('switch', { name: 'FarSkip' }).click(),
        () => figures(page).getByRole('combobox').selectOption('Qwen3-30B-A3B'),
      ];
      for (const step of steps) {
        await step();
        await expect.poll(textOf).not.toBe(seen.at(-1));
        seen.push(await textOf());
      }
      await shownRun(page, /^Shaped like Qwen3-30B-A3B, 8 devices, ratio 1/);
      expect(await page.getByRole('application').getAttribute('aria-label')).toMatch(/^Lanes of Regular, blocking\./);
      // Quick steps add up.
      const higher = page.getByRole('button', { name: 'A higher ratio' });
      await page.getByRole('button', { name: 'A lower ratio' }).evaluate((button) => {
        for (let i = 0; i < 3; i++) (button as HTMLButtonElement).click();
      });
      await shownRun(page, /^Shaped like Qwen3-30B-A3B, 8 devices, ratio 0.1/);
      expect(await higher.getAttribute('aria-disabled')).toBe('false');
      // One run of the grid is on the list, however many were stepped through.
      expect(await page.locator('.runs li').count()).toBe(1);
      // There is no more of them.
      const more = page.getByRole('button', { name: 'More devices' });
      expect(await more.getAttribute('aria-disabled')).toBe('true');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      if (width < 860) return;
      // The form says what is on show, which goes without saying in the address, until it is edited.
      await page.locator('#toggle-settings').click();
      const form = page.locator('.controls');
      expect(await form.getByRole('radio', { name: '8', exact: true }).isChecked()).toBe(true);
      expect(await form.getByText('Run on my GPU').count()).toBe(1);
      await expect.poll(() => page.url()).toContain('tracks=');
      expect(page.url()).not.toContain('ranks');
      await form.getByRole('radio', { name: '4', exact: true }).check({ force: true });
      await form.getByText('The run on show has other settings.').waitFor();
      await expect.poll(() => page.url()).toContain('qwen3');
      // A page of the site, and back.
      await page.getByRole('contentinfo').getByRole('link', { name: 'What the terms mean' }).click();
      await page.getByRole('term').first().waitFor();
      await page.goBack();
      await shownRun(page, /^Shaped like Qwen3-30B-A3B, 8 devices, ratio 0.1/);
    },
    { settings: false },
  ),
);

test('settings are a drawer where there is little room: the lanes stay where they are, and Escape comes back', () =>
  openedPage(
    site,
    async (page) => {
      await page.goto(site.url);
      await shownRun(page, /^Shaped like DeepSeek-V2-Lite, 4 devices, ratio 0.5/);
      const lanes = page.getByRole('application');
      for (const [width, height] of [
        [1280, 720],
        [1024, 768],
      ] as const) {
        await page.setViewportSize({ width, height });
        const closed = await lanes.boundingBox();
        await page.locator('#toggle-settings').click();
        const field = page.locator('.controls').getByLabel('Repeats');
        await field.focus();
        expect(await lanes.boundingBox()).toEqual(closed);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await field.press('Escape');
        await page.locator('.controls').waitFor({ state: 'detached' });
        expect(await page.evaluate(() => document.activeElement?.id)).toBe('toggle-settings');
      }
    },
    { settings: false },
  ));

test('what is clicked is told in view, with its layer’s wiring; a replay plays; pictures are files', () =>
  openedPage(
    site,
    async (page) => {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(site.url);
      await shownRun(page, /^Shaped like DeepSeek-V2-Lite, 4 devices, ratio 0.5/);
      const lanes = page.getByRole('application');
      const box = (await lanes.boundingBox())!;
      const rows = page.locator('.rank').filter({ hasText: 'Device 0' });
      const upper = (await rows.first().boundingBox())!;
      const click = (share: number) => page.mouse.click(box.x + share * box.width, upper.y + 10);
      // Both runs are whole above what is told of a kernel of the first layer in view, and then of the last.
      const told = page.getByRole('region', { name: 'Selection' });
      for (const [share, layer] of [
        [0.05, 12],
        [0.72, 14],
      ] as const) {
        await click(share);
        await told.getByText(new RegExp(`, layer ${layer} · Regular, overlapped`)).waitFor();
        await page.getByText(`What layer ${layer} reads`).waitFor();
        const dock = (await page.locator('.docked').boundingBox())!;
        expect(dock.y).toBeGreaterThanOrEqual(box.y + box.height);
        expect(dock.y + dock.height).toBeLessThanOrEqual(900);
        expect(await page.evaluate(() => scrollY)).toBe(0);
      }
      // What is pointed at leads the wiring; it comes back to what is selected.
      await page.mouse.move(box.x + 0.05 * box.width, upper.y + 10);
      await page.getByText('What layer 12 reads').waitFor();
      await page.mouse.move(box.x, 20);
      await page.getByText('What layer 14 reads').waitFor();
      await told.getByRole('button', { name: 'Close the selection' }).click();
      await expect.poll(() => lanes.evaluate((own) => own === document.activeElement)).toBe(true);

      // What is yet to come is veiled: the lanes at the right are nearly as light as the panel.
      const darkAt = (share: number) =>
        page
          .locator('.canvas-area canvas')
          .nth(1)
          .evaluate((canvas: HTMLCanvasElement, x) => {
            const { data } = canvas.getContext('2d')!.getImageData(x * canvas.width, 60, 1, 1);
            return data[3]!;
          }, share);
      expect(await darkAt(0.95)).toBe(0);
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      await expect.poll(() => darkAt(0.95)).toBeGreaterThan(150);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'End replay' }).click();
      await expect.poll(() => darkAt(0.95)).toBe(0);

      const saved = async (name: RegExp) => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name }).click(),
        ]);
        return readFileSync(await download.path());
      };
      const svg = (await saved(/^Save SVG of “Timelines”/)).toString();
      expect(svg).toContain('1.38× as fast');
      expect(svg).toContain('recorded on NVIDIA H200');
      expect(svg).toContain('FarSkip needs training');
      const png = await saved(/^Save PNG of “Timelines”/);
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(png.readUInt32BE(16)).toBe(3840);
      const wiring = (await saved(/^Save SVG of “What layer \d+ reads”/)).toString();
      expect(wiring).toMatch(/Regular, layer \d+.*FarSkip, layer \d+/s);
    },
    { settings: false },
  ));

test('what is on show runs here, as large as this GPU does in some seconds, and the form says it', () =>
  openedPage(
    site,
    async (page) => {
      await page.goto(site.url);
      await page.getByRole('button', { name: 'Run on my GPU' }).click();
      expect(await page.locator('.controls').count()).toBe(0);
      await page
        .getByText(/^Made for this GPU: deepseek-v2-lite-7.5m, 128 tokens a device \(about \d+ s\)\./)
        .waitFor();
      await page.getByRole('button', { name: 'Settings', exact: true }).click();
      expect(await page.getByLabel('Model', { exact: true }).inputValue()).toBe('deepseek-v2-lite-7.5m');
      expect(await page.getByLabel('Tokens a device').inputValue()).toBe('128');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('progressbar').waitFor({ state: 'detached' });
      expect(await page.getByRole('alert').count()).toBe(0);
    },
    { settings: false },
  ));
