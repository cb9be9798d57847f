import { mkdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beforeEngine, openSite } from './browser';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  mkdirSync('test-results', { recursive: true });
  site = await openSite();
});
afterAll(() => site.close());

const MINUTES = 60_000;

/** Opens the page; whatever it logs as an error, or asks another host for, fails the test. */
async function openPage(use: (page: Page) => Promise<void>, options: { width?: number; dark?: boolean } = {}): Promise<void> {
  const context = await site.browser.newContext({
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
  });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) wrong.push(message.text());
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== '127.0.0.1' && protocol.startsWith('http')) wrong.push(`asked ${request.url()}`);
  });
  try {
    await use(page);
    expect(wrong).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Picks a radio button by its label, as a pointer does: the button itself is not drawn. */
const pick = (page: Page, name: string) =>
  page
    .locator('label')
    .filter({ has: page.getByRole('radio', { name, exact: true }) })
    .click();

/** The least work that still communicates: two devices, eight tokens each. */
async function chooseLittle(page: Page): Promise<void> {
  await pick(page, 'A book');
  await page.getByLabel('Tokens a device').fill('8');
  await pick(page, '2');
  await page.getByLabel('Repeats').fill('1');
}
const runBoth = (page: Page) => page.getByRole('button', { name: 'Run FarSkip off and on' }).click();
const alert = (page: Page) => page.getByRole('alert');

test('the address is the settings: after a reload they are the same, and what of a link is nonsense is said', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    expect(new URL(page.url()).hash).toBe('');
    await chooseLittle(page);
    await pick(page, 'Heads, experts');
    await page.getByRole('switch', { name: 'FarSkip' }).click();
    await page.waitForFunction(() => location.hash.includes('farskip=false'));
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForFunction(() => !location.hash.includes('farskip'));
    await page.getByRole('button', { name: 'Redo' }).click();
    await page.waitForFunction(() => location.hash.includes('farskip=false'));
    const { hash } = new URL(page.url());
    expect(hash.split(/[#&]/).slice(1).sort()).toEqual([
      'farskip=false',
      'parallel=tp',
      'ranks=2',
      'repeats=1',
      'source=passage',
      'tokens=8',
      'v=1',
    ]);
    const stateOf = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('input, select, textarea, [role=switch]')].map((field) =>
          field instanceof HTMLInputElement
            ? `${field.name} ${field.value} ${field.checked}`
            : (field.getAttribute('aria-checked') ?? (field as HTMLSelectElement).value),
        ),
      );
    const before = await stateOf();
    await page.reload();
    await page.getByLabel('Tokens a device').waitFor();
    expect(await stateOf()).toEqual(before);
    expect(await alert(page).count()).toBe(0);

    await page.goto(`${site.url}#v=1&tokens=16&source=passage&ranks=%3Cimg%20src%3Dx%3E&link={`);
    await page.getByText("The link's link, “{”, can't be used").waitFor();
    expect(await alert(page).getByRole('listitem').count()).toBe(2);
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect(await page.getByLabel('Tokens a device').inputValue()).toBe('16');
    expect(await page.getByRole('radio', { name: '4', exact: true }).isChecked()).toBe(true);
    await pick(page, '2');
    await alert(page).waitFor({ state: 'detached' });
  }));

test('what a first visit loads of scripts is at most 250 kB, packed', () => {
  const html = readFileSync('dist/index.html', 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
  expect(scripts.length).toBeGreaterThan(0);
  const packed = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(`dist/${path}`)).byteLength, 0);
  expect(packed).toBeLessThanOrEqual(250_000);
  expect(html).toContain('Content-Security-Policy');
});

test('FarSkip off and on are run, drawn and compared', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    expect(await page.getByLabel('Text that device 0 reads').inputValue()).toBe('Alice was beginning to');
    await chooseLittle(page);
    await runBoth(page);
    await page.getByRole('progressbar').waitFor();
    await page.getByText('Next tokens').waitFor({ timeout: 3 * MINUTES });
    const timelines = page.getByRole('application');
    expect(await timelines.count()).toBe(2);
    for (const i of [0, 1]) {
      const lanes = timelines.nth(i);
      expect(await lanes.getByText('Device', { exact: false }).count()).toBe(2);
      // Two devices; four MoE layers with a Dispatch and a Combine each.
      expect(await lanes.locator('rect.collective').count()).toBe(16);
      expect(await lanes.locator('rect.compute').count()).toBeGreaterThan(200);
      expect(await lanes.locator('rect.message').count()).toBeGreaterThan(8);
    }
    const results = page.getByRole('region', { name: 'Results' });
    expect(await results.getByRole('row').count()).toBe(3);
    expect(await results.innerText()).toMatch(/FarSkip, overlapped\s+[\d.]+ ms/);
    expect(await results.innerText()).toMatch(/[\d.]+ %/);
    expect(await results.locator('mark').count()).toBe(2);

    // The widest kernel of device 0: a thin one is hard to point at.
    const widths = await timelines
      .first()
      .locator('rect.compute')
      .evaluateAll((all) => all.map((rect) => Number(rect.getAttribute('width'))));
    await timelines
      .first()
      .locator('rect.compute')
      .nth(widths.indexOf(Math.max(...widths)))
      .hover();
    const card = page.locator('.card');
    expect(await card.innerText()).toMatch(/device \d, .* to .* ms\s.* of the GPU itself[\s\S]*GPU timestamp/);
    await page.mouse.move(0, 0);
    await timelines.nth(1).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await card.innerText()).toContain('device 0');
    await page.screenshot({ path: 'test-results/run.png', fullPage: true });
  }));

test('a single run with the switches off, dark and 390 px wide, fits', () =>
  openPage(
    async (page) => {
      await page.goto(site.url);
      await chooseLittle(page);
      const wiring = page.locator('.wiring');
      await wiring.waitFor();
      expect(await wiring.locator('.left-out').count()).toBe(3);
      await page.getByRole('switch', { name: 'FarSkip' }).click();
      expect(await wiring.locator('.left-out').count()).toBe(0);
      await page.getByRole('switch', { name: 'Overlapped schedule' }).click();
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByText('Next tokens').waitFor({ timeout: 3 * MINUTES });
      expect(await page.getByRole('heading', { name: 'Regular, blocking' }).count()).toBe(1);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await page.screenshot({ path: 'test-results/narrow-dark.png', fullPage: true });
    },
    { width: 390, dark: true },
  ));

/** The least text: two devices, one request, few tokens. */
async function chooseText(page: Page, tokens: number): Promise<void> {
  await pick(page, 'Generate text');
  await pick(page, '2');
  await page.getByLabel('New tokens').fill(String(tokens));
  await page.getByLabel('Other requests').fill('1');
}
const model = (page: Page) => page.getByRole('combobox', { name: 'Model' });
const REFERENCE = ['config.json', 'model.safetensors', 'tokenizer.json'].map((name) => `public/models/reference/${name}`);

test('text is written side by side as PyTorch writes it, with its times and a timeline of each step', () =>
  openPage(async (page) => {
    const report = JSON.parse(readFileSync('public/models/reference/report.json', 'utf8'));
    await page.goto(site.url);
    await chooseText(page, 8);
    await page.getByRole('button', { name: 'Generate FarSkip off and on' }).click();
    await page.getByText('measured on').waitFor({ timeout: 3 * MINUTES });
    for (const [title, expected] of [
      ['Regular', report.greedy_regular.text],
      ['FarSkip', report.greedy_farskip.text],
    ]) {
      const article = page.getByRole('article', { name: title });
      const text = await article.locator('.text').first().innerText();
      expect(text.length).toBeGreaterThan('Alice was beginning to'.length + 8);
      expect(expected.startsWith(text)).toBe(true);
      expect(await article.getByRole('definition').allInnerTexts()).toEqual([
        expect.stringMatching(/\d ms$/),
        expect.stringMatching(/^[\d.]+ ms, 95 % within [\d.]+ ms$/),
        expect.stringMatching(/^16, 0.0\d MB$/),
      ]);
    }
    expect(await page.getByRole('application').count()).toBe(2);
    await page.getByRole('slider', { name: /Timeline of step 8: 2 new/ }).fill('0');
    await page.getByRole('slider', { name: /Timeline of step 1: 16 tokens of the prompt/ }).waitFor();
    await page.screenshot({ path: 'test-results/text.png', fullPage: true });
  }));

test('text can be stopped, and what was written stays', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    await chooseText(page, 200);
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await page.getByText('generating, step 4').waitFor({ timeout: MINUTES });
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('… stopped').first().waitFor({ timeout: MINUTES });
    expect(await page.getByRole('article', { name: 'FarSkip' }).locator('mark').first().innerText()).not.toBe('');
  }));

test('a checkpoint of the user is described, run, kept in the browser and deleted', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    await model(page).selectOption('Your own checkpoint …');
    await page.setInputFiles('input[aria-label="Checkpoint files"]', REFERENCE);
    await page.getByText('deepseek_v2: 5 layers, 16 experts, top-4, 2.0 M parameters; 4 MB as stored.').waitFor();
    await page.getByLabel('under the name').fill('mine');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByText('Kept here: mine, 4.1 MB').waitFor();
    await page.reload();
    await model(page).selectOption('mine');
    await page.getByText('deepseek_v2: 5 layers').waitFor();
    await chooseLittle(page);
    await runBoth(page);
    await page.getByText('not converted to FarSkip').waitFor({ timeout: 3 * MINUTES });
    await page.getByRole('button', { name: 'Delete mine' }).click();
    await page.getByText('Kept here').waitFor({ state: 'detached' });
    expect(await model(page).inputValue()).toBe('reference');
    // From an address, this site's own.
    await model(page).selectOption('Your own checkpoint …');
    await page.getByLabel('Or the address of a folder').fill(`${site.url}models/reference`);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('deepseek_v2: 5 layers').waitFor();
  }));

test('files that are no checkpoint are a sentence as soon as they are chosen', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    await model(page).selectOption('Your own checkpoint …');
    await page.setInputFiles('input[aria-label="Checkpoint files"]', [REFERENCE[0]!, REFERENCE[2]!]);
    await alert(page).waitFor();
    expect(await alert(page).innerText()).toMatch(/model.safetensors can't be read, nor model.safetensors.index.json/);
    const config = JSON.parse(readFileSync(REFERENCE[0]!, 'utf8'));
    const other = Buffer.from(JSON.stringify({ ...config, architectures: ['GPT2LMHeadModel'] }));
    await page.setInputFiles('input[aria-label="Checkpoint files"]', [
      { name: 'config.json', mimeType: 'application/json', buffer: other },
    ]);
    await page.getByText('The architecture GPT2LMHeadModel is not known here').waitFor();
  }));

test('an untrained model says so, and that its routing is forced', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    await model(page).selectOption('llama-4-scout-8.9m');
    await page.getByText('llama4: 4 layers, 16 experts, top-1, 8.9 M parameters').waitFor();
    await chooseLittle(page);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('Its routing is forced to be balanced').waitFor({ timeout: 3 * MINUTES });
    await page.getByText('its times mean something, its text and logits nothing').waitFor();
    expect(await page.getByText('Next tokens').count()).toBe(0);
  }));

test('a run can be stopped, and what was on show stays', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    await runBoth(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    expect(await page.getByText('Press Run FarSkip off and on').count()).toBe(1);
  }));

test('no adapter is a sentence, and the page stays usable', () =>
  openPage(async (page) => {
    await beforeEngine(page, 'navigator.gpu.requestAdapter = async () => null;');
    await page.goto(site.url);
    await runBoth(page);
    await alert(page).waitFor();
    expect(await alert(page).innerText()).toBe(
      'WebGPU found no graphics adapter; turn on hardware acceleration in the browser and update the graphics driver.',
    );
    expect(await page.getByRole('button', { name: 'Run', exact: true }).isEnabled()).toBe(true);
    await page.screenshot({ path: 'test-results/no-adapter.png' });
  }));

test('no WebGPU at all is said before anything is pressed', () =>
  openPage(async (page) => {
    await page.addInitScript('delete Navigator.prototype.gpu');
    await page.goto(site.url);
    expect(await alert(page).innerText()).toMatch(/This browser has no WebGPU/);
  }));

test('a device that is lost in a run is a sentence, and the next run opens another', () =>
  openPage(async (page) => {
    // The first device goes away while the run goes on.
    await beforeEngine(
      page,
      `const give = GPUAdapter.prototype.requestDevice;
       let lost = false;
       GPUAdapter.prototype.requestDevice = async function (...wanted) {
         const device = await give.apply(this, wanted);
         if (!lost) setTimeout(() => device.destroy(), 1500);
         lost = true;
         return device;
       };`,
    );
    await page.goto(site.url);
    await chooseLittle(page);
    await page.getByLabel('Repeats').fill('50');
    await runBoth(page);
    await alert(page).waitFor({ timeout: MINUTES });
    expect(await alert(page).innerText()).toMatch(/The GPU device was lost.*press Run to open it again/);
    await page.getByLabel('Repeats').fill('1');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('Next tokens').waitFor({ timeout: 3 * MINUTES });
  }));

test.each([
  ['missing', { status: 404, body: '' }, /model\.safetensors can't be read, nor model\.safetensors\.index\.json/],
  ['truncated', { status: 200, body: 'short' }, /is not a readable safetensors file: it has 5 bytes/],
])('a checkpoint that is %s is a sentence', (_, answer, sentence) =>
  openPage(async (page) => {
    await page.route('**/models/reference/model.safetensors', (route) => route.fulfill(answer));
    await page.goto(site.url);
    await runBoth(page);
    await alert(page).waitFor({ timeout: MINUTES });
    expect(await alert(page).innerText()).toMatch(sentence);
  }),
);

test('a prompt that is too long is refused with its length', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    await page.getByLabel('Text that device 0 reads').fill('down the rabbit hole '.repeat(400));
    await runBoth(page);
    await alert(page).waitFor({ timeout: MINUTES });
    expect(await alert(page).innerText()).toMatch(/The prompt has \d+ tokens, but the model reads at most 1024; shorten it/);
    // The prompt is still there to be shortened.
    expect(await page.getByLabel('Text that device 0 reads').inputValue()).toHaveLength(8400);
  }));
