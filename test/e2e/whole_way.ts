import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { defaultForm, openedPage, openSite, shownRun } from './browser';

export const MINUTES = 60_000;

/** Picks a radio button by its label, as a pointer does: the button itself is not drawn. */
export const pick = (page: Page, name: string) =>
  page
    .locator('label')
    .filter({ has: page.getByRole('radio', { name, exact: true }) })
    .click();

/** The least work that still communicates: two devices, eight tokens each. */
export async function chooseLittle(page: Page): Promise<void> {
  await pick(page, 'A book');
  await page.getByLabel('Tokens a device').fill('8');
  await pick(page, '2');
  await page.getByLabel('Repeats', { exact: true }).fill('1');
}
/** The button that runs what the settings say, by what it says. */
export const runButton = (page: Page, name: string) =>
  page.locator('.controls').getByRole('button', { name, exact: true });
export const runBoth = (page: Page) => runButton(page, 'Run Regular and FarSkip').click();
/** Leaves one connectivity to be run, compared with nothing. */
export async function runAlone(page: Page, connectivity: string): Promise<void> {
  const form = page.locator('.controls');
  await form.getByLabel('Compare with').selectOption('No other');
  await form.getByLabel('Connectivity').selectOption(connectivity);
}
/** What is looked at: the link, the tracks on show and the selection. */
export const lookOf = async (page: Page) => {
  await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
  return {
    hash: new URL(page.url()).hash,
    tracks: await page
      .locator('.tracks select')
      .evaluateAll((fields) => fields.map((field) => (field as HTMLSelectElement).value)),
    spoken: await page.locator('.status-line').innerText(),
    lanes: await page.getByRole('application').getAttribute('aria-label'),
    settings: await page.locator('.controls').evaluate((form) => [...new FormData(form as HTMLFormElement)].join()),
  };
};
export const OPENED = 'input[aria-label="Files of runs, or Chrome traces"]';

/**
 * What a visitor does, in the page at `url`: chooses settings, runs two connectivities, compares them, saves the run,
 * leaves, and finds all of it again by the link. The run is called mine, and saved as the file `mine`.
 */
export async function wholeWay(
  page: Page,
  url: string,
  { width, mine, picture }: { width: number; mine: string; picture: string },
): Promise<void> {
  await page.goto(defaultForm(url));
  await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
  // Of the recorded runs on show, regular above, FarSkip below.
  const leftOut = (name: RegExp) => page.locator('.wiring').getByRole('img', { name }).locator('.left-out').count();
  expect(await leftOut(/^Regular: .*reads the whole stream before it/)).toBe(0);
  expect(await leftOut(/^FarSkip: .*does not wait for/)).toBe(3);

  if (width < 860) for (const fold of ['Settings and wiring', 'Runs: Shaped like']) await page.getByText(fold).click();
  expect(await page.getByLabel('Text that device 0 reads').inputValue()).toBe('Alice was beginning to');
  await chooseLittle(page);
  await runBoth(page);
  await page.getByRole('progressbar').waitFor();
  // Wherever it was begun from, how far it is can be seen.
  await expect.poll(async () => (await page.getByRole('progressbar').boundingBox())?.y ?? -1).toBeGreaterThanOrEqual(0);
  expect((await page.getByRole('progressbar').boundingBox())!.y).toBeLessThan(900);
  if (width < 860) await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('stop');
  // While it goes on another run can be looked at.
  await page.getByRole('button', { name: 'Shown: Running now' }).waitFor();
  await page.getByRole('button', { name: 'Show: Shaped like' }).click();
  await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
  await page.getByRole('heading', { name: /61\.6 ms less/ }).waitFor();
  await page.getByRole('button', { name: 'Show: Running now' }).click();
  await page.getByRole('heading', { name: /61\.6 ms less/ }).waitFor({ state: 'detached' });
  await page.getByText('Next tokens').waitFor({ timeout: 3 * MINUTES });
  await shownRun(page, /^reference, ep on 2/);
  const lanes = page.getByRole('application');
  expect(await lanes.getAttribute('aria-label')).toContain('Regular, overlapped, FarSkip, overlapped');
  expect(await page.getByRole('button', { name: 'Device 1' }).count()).toBe(2);
  const results = page.getByRole('region', { name: 'Results' });
  expect(await results.getByRole('table').first().getByRole('row').count()).toBe(3);
  expect(await results.innerText()).toMatch(/FarSkip, overlapped\s+[\d.]+ ms/);
  expect(await results.innerText()).toMatch(/[\d.]+ %/);
  expect(await results.locator('mark').count()).toBe(2);

  // Zoom by keys, the lower run by layer, and a range by the mouse.
  await lanes.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  await lanes.focus();
  await page.keyboard.press('KeyW');
  await page.keyboard.press('KeyW');
  await page.waitForFunction(() => location.hash.includes('from='));
  await lanes.focus();
  // It is aligned by layer since the page opened.
  await page.keyboard.press('KeyL');
  await page.waitForFunction(() => !location.hash.includes('align=layer'));
  await page.keyboard.press('KeyL');
  await page.waitForFunction(() => location.hash.includes('align=layer'));
  const box = (await lanes.boundingBox())!;
  await page.mouse.move(box.x + 0.2 * box.width, box.y + 90);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.6 * box.width, box.y + 90, { steps: 3 });
  await page.mouse.up();
  const inspector = page.getByRole('region', { name: 'Selection' });
  await inspector.getByText(/^FarSkip, overlapped: Range/).waitFor();
  await inspector.getByRole('button', { name: 'Mark it' }).click();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  await page.screenshot({ path: picture, fullPage: true });

  const name = page.getByRole('textbox', { name: 'Name of the run' }).last();
  await name.fill(' ');
  await name.blur();
  expect(await name.inputValue()).toMatch(/^reference, ep on 2/);
  await name.fill('mine');
  await name.press('Enter');
  // The run is kept in the browser: the page may go, and has it again, under its name.
  await page.getByText(/measured here, .*, kept in this browser \([\d.]+ kB\)/).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save mine', exact: true }).click(),
  ]);
  await download.saveAs(mine);
  const before = await lookOf(page);
  expect(before.hash).toMatch(/range=.*marks=|marks=.*range=/);
  const questions: string[] = [];
  page.on('dialog', (dialog) => {
    questions.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  await shownRun(page, /^mine$/);
  expect(await lookOf(page)).toEqual(before);
  // Another tab has it, too, until it is removed here.
  const other = await page.context().newPage();
  await other.goto(url);
  // On a phone the list of runs is folded.
  const named = other.getByRole('textbox', { name: 'Name of the run', includeHidden: true });
  const namesThere = () => named.evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
  await expect.poll(namesThere).toContain('mine');
  if (width <= 860) await page.locator('.fold > summary', { hasText: 'Runs' }).click();
  await name.fill('ours');
  await name.press('Enter');
  await expect.poll(namesThere).toContain('ours');
  expect(questions).toEqual([]);
  // Removed, which is asked as no file has this name, it is gone from there, too: then the link shows what is most like
  // it, until its file is opened.
  await page.getByRole('button', { name: 'Remove ours', exact: true }).click();
  await named.first().waitFor({ state: 'detached' });
  await page.goto('about:blank');
  await page.goto(url + before.hash);
  await page.getByText(/The link shows the run \d+T\d+, which is not in this browser; open the file/).waitFor();
  await shownRun(page, /^Shaped like DeepSeek-V2-Lite, 2 devices, ratio 0.5/);
  expect(questions).toEqual(['confirm']);
  await page.setInputFiles(OPENED, mine);
  await shownRun(page, /^mine$/);
  expect(await lookOf(page)).toEqual(before);
  await named.first().waitFor({ state: 'attached' });
  await other.close();
}

/** Where the page lies, how wide it is and in which colours. */
export type Place = { readonly mount: string; readonly width: number; readonly dark: boolean };

/** The whole way at a place of its own; the saved run and a picture go to test-results/. */
export async function wholeWayAt(place: Place): Promise<void> {
  const { mount, width, dark } = place;
  const own = await openSite({ mount });
  const named = `flow-${mount === '/' ? 'root' : 'path'}-${width}-${dark ? 'dark' : 'light'}`;
  const files = { mine: `test-results/${named}.json`, picture: `test-results/${named}.png` };
  await openedPage(own, (page) => wholeWay(page, own.url, { width, ...files }), place);
  await own.close();
}

/** Text of two devices and one request beside it. */
export async function chooseText(page: Page, tokens: number): Promise<void> {
  await pick(page, 'Generate text');
  await pick(page, '2');
  await page.getByLabel('New tokens').fill(String(tokens));
  await page.getByLabel('Other requests').fill('1');
}
