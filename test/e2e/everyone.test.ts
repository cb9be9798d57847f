import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedPage, openSite, scrollToCharts, shownRun } from './browser';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  site = await openSite({ mount: '/' });
});
afterAll(() => site.close());

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds serious or critical, by WCAG 2.2 A and AA, each with the first place. */
async function seriousIn(page: Page): Promise<string[]> {
  // The page's policy forbids further scripts, but not those of the browser's own debugger.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

for (const [width, dark] of [
  [1440, false],
  [1440, true],
  [390, false],
  [390, true],
] as const)
  test(`nothing serious stands in anybody's way, ${width} px, ${dark ? 'dark' : 'light'}`, () =>
    openedPage(
      site,
      async (page) => {
        await page.goto(site.url);
        await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
        if (width === 390) for (const fold of ['Settings and wiring', 'Runs: ']) await page.getByText(fold).click();
        await page.getByText('Topology, disturbances and more').click();
        await page.getByText('As a table').click();
        await scrollToCharts(page);
        await page.locator('.charts summary').first().click();
        await page.getByRole('searchbox').fill('combine collective');
        await page.getByRole('searchbox').press('Enter');
        await page.getByText('Bytes from device (row)').first().waitFor();
        await page.screenshot({
          path: `test-results/everyone-${width}-${dark ? 'dark' : 'light'}.png`,
          fullPage: true,
        });
        expect(await seriousIn(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      },
      { width, dark },
    ));

test('dialogs, sweeps, texts, the Chinese page and one in a frame have nothing serious either', () =>
  openedPage(site, async (page) => {
    await page.goto(`${site.url}#v=1&task=generate`);
    await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
    // By keys alone: the help from the timelines, a command from the palette.
    await page.getByRole('application').focus();
    await page.keyboard.press('Shift+Slash');
    await page.getByRole('dialog', { name: 'Keys and help' }).waitFor();
    expect(await seriousIn(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+KeyK');
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    expect(await seriousIn(page)).toEqual([]);
    await page.keyboard.type('by layer');
    await page.keyboard.press('Enter');
    // It was aligned so since the page opened, and is not now.
    await page.waitForFunction(() => location.hash.includes('collapsed=') && !location.hash.includes('align'));
    for (const recorded of ['Decoding over two nodes', 'Experts spread, ratios 0.1 to 2']) {
      await page.getByLabel('Recorded runs').selectOption(recorded);
      await shownRun(page, new RegExp(`^${recorded}`));
      expect(await seriousIn(page)).toEqual([]);
    }
    await page.getByLabel('Recorded runs').selectOption('Two real GPUs, through host memory');
    await page.getByText(/^Recorded on real GPUs: 2 × NVIDIA H200/).waitFor();
    await page.getByRole('row', { name: /^FarSkip, overlapped 1 19.6 ms 12.6 ms 56.8 %/ }).waitFor();
    expect(await seriousIn(page)).toEqual([]);
    await page.getByLabel('Language').selectOption('简体中文');
    await page.waitForFunction(() => document.documentElement.lang === 'zh-Hans');
    expect(await seriousIn(page)).toEqual([]);
    expect(await page.locator('main').innerText()).toMatch(/[\u4e00-\u9fff]{4}/);
    await page.screenshot({ path: 'test-results/chinese.png', fullPage: true });
    // In a frame: a run without timelines has its charts, and what is wrong with the link is said.
    await page.goto(`${site.url}?embed#v=3&tracks=["sweep-ep/numbers"]&ranks=99`);
    await page.getByText('it should be at most 16').waitFor();
    await scrollToCharts(page);
    await page.getByText('Speed-up over the first combination').first().waitFor();
    expect(await seriousIn(page)).toEqual([]);
  }));

test('by touch: a finger moves the lanes along and scrolls the page up and down, two fingers zoom, a tap selects, a drag or two taps choose a range', async () => {
  const context = await site.browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const page = await context.newPage();
  await page.goto(`${site.url}#v=1&from=100&to=140`);
  await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
  const lanes = page.getByRole('application');
  await lanes.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  let { x, y } = (await lanes.boundingBox())!;
  const session = await context.newCDPSession(page);
  const drag = async (paths: readonly (readonly [from: [number, number], to: [number, number]])[]) => {
    const at = (share: number) =>
      paths.map(([[x0, y0], [x1, y1]], id) => ({ id, x: x + x0 + share * (x1 - x0), y: y + y0 + share * (y1 - y0) }));
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
    for (let i = 1; i <= 10; i++)
      await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(i / 10) });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 600)));
    const parts = new URLSearchParams(new URL(page.url()).hash.slice(1));
    return {
      from: Number(parts.get('from')),
      to: Number(parts.get('to')),
      scrolled: await page.evaluate(() => scrollY),
    };
  };
  const moved = await drag([
    [
      [200, 60],
      [80, 60],
    ],
  ]);
  expect(moved.from).toBeGreaterThan(105);
  expect(moved.to - moved.from).toBeCloseTo(40, 6);
  const before = await page.evaluate(() => scrollY);
  const scrolled = await drag([
    [
      [150, 300],
      [150, 100],
    ],
  ]);
  expect(scrolled.scrolled).toBeGreaterThan(before + 50);
  expect(scrolled.from).toBeCloseTo(moved.from, 6);
  await lanes.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  const zoomed = await drag([
    [
      [110, 90],
      [40, 90],
    ],
    [
      [140, 90],
      [210, 90],
    ],
  ]);
  expect(zoomed.to - zoomed.from).toBeLessThan(20);
  await page.touchscreen.tap(x + 120, y + 75);
  await page.waitForFunction(() => location.hash.includes('selected='));

  const choose = page.getByRole('button', { name: 'Choose a range' });
  const startChoosing = async () => {
    await choose.tap();
    expect(await choose.getAttribute('aria-pressed')).toBe('true');
    // The tools are below the lanes.
    await lanes.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    ({ x, y } = (await lanes.boundingBox())!);
  };
  const rangeOf = async () => {
    await page.evaluate(() => new Promise((done) => setTimeout(done, 600)));
    expect(await choose.getAttribute('aria-pressed')).toBe('false');
    return JSON.parse(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('range')!) as [number, number];
  };
  /** The time of the axis at so many pixels. */
  const { width } = (await lanes.boundingBox())!;
  const timeAt = (pixels: number) => zoomed.from + ((zoomed.to - zoomed.from) * pixels) / width;
  await startChoosing();
  const dragged = await drag([
    [
      [50, 60],
      [150, 60],
    ],
  ]);
  expect(dragged).toMatchObject({ from: zoomed.from, to: zoomed.to });
  for (const [i, time] of (await rangeOf()).entries()) expect(time).toBeCloseTo(timeAt([50, 150][i]!), 0);
  await page
    .getByText(/: Range .* to /)
    .first()
    .waitFor();
  await startChoosing();
  await page.touchscreen.tap(x + 200, y + 60);
  await page.getByText('Now click the other end of the range.').first().waitFor();
  await page.screenshot({ path: 'test-results/choosing.png' });
  await page.touchscreen.tap(x + 100, y + 60);
  for (const [i, time] of (await rangeOf()).entries()) expect(time).toBeCloseTo(timeAt([100, 200][i]!), 0);
  await startChoosing();
  await page.keyboard.press('Escape');
  expect((await rangeOf()).length).toBe(2);
  await context.close();
});

test('motion is kept still for those who ask for it, and forced colours keep the lanes', async () => {
  const context = await site.browser.newContext({ reducedMotion: 'reduce', forcedColors: 'active' });
  const page = await context.newPage();
  await page.goto(site.url);
  await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  await page.screenshot({ path: 'test-results/forced-colours.png' });
  await context.close();
});
