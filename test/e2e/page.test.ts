import { mkdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beforeEngine, defaultForm, openedPage, openSite, scrollToCharts, shownRun } from './browser';
import { chooseLittle, chooseText, MINUTES, OPENED, pick, runAlone, runBoth, runButton, wholeWay } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  mkdirSync('test-results', { recursive: true });
  site = await openSite();
});
afterAll(() => site.close());

const openPage = (use: (page: Page) => Promise<void>, options: { width?: number; dark?: boolean } = {}) =>
  openedPage(site, use, options);

const alert = (page: Page) => page.getByRole('alert');

test('the address is the settings: after a reload they are the same, and what of a link is nonsense is said', () =>
  openPage(async (page) => {
    await page.goto(site.url);
    await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
    await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
    // What shows by itself is not in the link.
    expect(new URL(page.url()).hash).toBe('');
    await page.goto(defaultForm(site.url));
    await chooseLittle(page);
    await pick(page, 'Heads, experts');
    await runAlone(page, 'FarSkip, last layers');
    await page.getByRole('spinbutton', { name: 'Layers' }).fill('2');
    await page.waitForFunction(() => location.hash.includes('last%3A2'));
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForFunction(() => !location.hash.includes('last%3A2'));
    await page.getByRole('button', { name: 'Redo' }).click();
    await page.waitForFunction(() => location.hash.includes('last%3A2'));
    const { hash } = new URL(page.url());
    expect(hash.split(/[#&]/).slice(1).sort()).toEqual([
      'connectivity=%5B%22last%3A2%22%5D',
      'parallel=tp',
      'ranks=2',
      'repeats=1',
      'source=passage',
      'tokens=8',
      'v=4',
    ]);
    const stateOf = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.controls :is(input, select, textarea)')].map((field) =>
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

    // A field that is folded away and wrong is unfolded.
    const details = page.locator('.controls > details');
    await details.locator('summary').click();
    await page.getByRole('spinbutton', { name: 'Nodes' }).fill('0');
    await details.locator('summary').click();
    await page.locator('.controls > .primary').click();
    await page.waitForFunction(() => (document.querySelector('.controls > details') as HTMLDetailsElement).open);
    expect(await page.getByRole('progressbar').count()).toBe(0);
    await page.getByRole('spinbutton', { name: 'Nodes' }).fill('1');

    await page.goto(
      `${site.url}#v=1&tokens=16&source=passage&ranks=%3Cimg%20src%3Dx%3E&link={&marks=[[1]]&search=%3Cimg%20src%3Dx%3E`,
    );
    await page.getByText("The link's link, “{”, can't be used").waitFor();
    expect(await alert(page).getByRole('listitem').count()).toBe(3);
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect(await page.getByLabel('Tokens a device').inputValue()).toBe('16');
    expect(await page.getByRole('radio', { name: '4', exact: true }).isChecked()).toBe(true);
    await pick(page, '2');
    await alert(page).waitFor({ state: 'detached' });
  }));

test('what is typed and wrong stays in its field and is told there; nothing else is lost', () =>
  openPage(async (page) => {
    const inAddress = (name: string) => new URLSearchParams(new URL(page.url()).hash.slice(1)).get(name);
    const whyOf = (field: Locator) => field.evaluate((input) => (input as HTMLInputElement).validationMessage);
    await page.goto(
      `${site.url}#v=3&connectivity=["last:1","last:9"]&source=passage&tokens=16&sweep={"over":"ratio","values":[0.5,1]}` +
        '&tracks=["ep/regular-overlapped"]&from=8&to=17&marks=[[9,10]]',
    );
    await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
    const undo = page.getByRole('button', { name: 'Undo', exact: true });
    await page.getByRole('combobox', { name: 'Timeline 2' }).selectOption({ index: 1 });
    await expect.poll(() => inAddress('tracks')).toMatch(/^\["ep\/regular-overlapped","ep\//);
    expect(inAddress('marks')).toBe('[[9,10]]');

    const layers = page.getByRole('spinbutton', { name: 'Layers' }).nth(1);
    await layers.fill('1');
    expect([await layers.inputValue(), await whyOf(layers)]).toEqual(['1', 'it is chosen already']);
    await layers.press('End');
    await layers.pressSequentially('2');
    expect([await layers.inputValue(), await whyOf(layers)]).toEqual(['12', '']);
    await expect.poll(() => inAddress('connectivity')).toBe('["last:1","last:12"]');
    await layers.fill('');
    await undo.click();
    expect(await layers.inputValue()).toBe('9');

    const tokens = page.getByLabel('Tokens a device');
    await tokens.fill('');
    await pick(page, 'Heads, experts');
    await expect.poll(() => inAddress('parallel')).toBe('tp');
    expect(inAddress('tokens')).toBe('16');
    await tokens.fill('16');

    await page.locator('.controls > details > summary').click();
    const values = page.getByLabel('Values, with commas');
    for (const [typed, why] of [
      ['0.5, 0', 'it should be above 0'],
      ['0.5, 0.5', 'each of the values should be there once'],
    ] as const) {
      await values.fill(typed);
      expect([await values.inputValue(), await whyOf(values)]).toEqual([typed, why]);
    }
    await values.fill('2,4');
    await expect.poll(() => inAddress('sweep')).toBe('{"over":"ratio","values":[2,4]}');
    expect(await values.inputValue()).toBe('2,4');
    await undo.click();
    expect(await values.inputValue()).toBe('0.5, 1');

    // A run that is refused leaves what was looked at.
    await page.locator('.controls > .primary').click();
    await alert(page)
      .getByText(/layers/)
      .waitFor();
    await expect.poll(() => inAddress('marks')).toBe('[[9,10]]');
    expect([inAddress('from'), inAddress('to')]).toEqual(['8', '17']);
  }));

test('what a first visit loads of scripts is at most 250 kB, packed', () => {
  const html = readFileSync('dist/index.html', 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
  expect(scripts.length).toBeGreaterThan(0);
  const packed = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(`dist/${path}`)).byteLength, 0);
  expect(packed).toBeLessThanOrEqual(250_000);
  expect(html).toContain('Content-Security-Policy');
});

test('Regular and FarSkip are run, compared, saved, and found again by the link, and the run is looked into', () =>
  openPage(async (page) => {
    const mine = 'test-results/mine.json';
    await wholeWay(page, site.url, { width: 1440, mine, picture: 'test-results/flow-path-1440-light.png' });

    // Two devices; four MoE layers with a Dispatch and a Combine each, in both runs, and their messages.
    const search = page.getByRole('searchbox', { name: 'Search spans' });
    await search.fill('collective');
    await page.getByText('32 found').waitFor();
    await search.fill('all-to-all layer 2');
    await page.getByText('0 found').waitFor();
    await search.fill('Dispatch layer 2 collective');
    await page.getByText('4 found').waitFor();
    await search.press('Enter');
    const inspector = page.getByRole('region', { name: 'Selection' });
    await inspector.getByText('Bytes from device (row) to device (column)').waitFor();
    expect(await inspector.innerText()).toMatch(/sent [\d.]+ kB, received [\d.]+ kB/);
    expect(await inspector.innerText()).toMatch(/under computation, mean over the devices; exposed: /);

    // By keys alone: from the collective to a gap before, to a kernel, whose source is shown.
    await search.fill('');
    const lanes = page.getByRole('application');
    await lanes.focus();
    const spoken = page.locator('.status-line');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    for (let i = 0; i < 60 && !(await spoken.innerText()).includes('Attention'); i++)
      await page.keyboard.press('ArrowLeft');
    expect(await spoken.innerText()).toMatch(/Attention, layer \d, device \d, .* ms to .* ms: .* ms/);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('inspector');
    expect(await inspector.innerText()).toMatch(/of the GPU itself[\s\S]*its share of a pass/);
    await inspector.getByText(/Source of the kernel/).click();
    await inspector.getByText('@compute').waitFor();
    for (let i = 0; i < 200 && !(await spoken.innerText()).startsWith('Device'); i++) {
      await lanes.focus();
      await page.keyboard.press('ArrowRight');
    }
    expect(await spoken.innerText()).toMatch(/^Device \d (waits|idles|is done) /);
    await lanes.focus();
    await page.keyboard.press('Digit0');
    await page.getByText('As a table').click();
    await expect.poll(() => page.getByRole('row').count()).toBeGreaterThan(60);

    // Traces, saved and opened again, are runs as well.
    const traces: string[] = [];
    page.on('download', async (each) => {
      const to = `test-results/${each.suggestedFilename()}`;
      await each.saveAs(to);
      traces.push(to);
    });
    await page.getByRole('button', { name: 'Save as trace: mine', exact: true }).click();
    await expect.poll(() => traces.length, { timeout: 10_000 }).toBe(2);
    // Downloads end in any order.
    await page.setInputFiles(OPENED, traces.splice(0).toSorted().reverse());
    await page.getByText('Overlap of each device of the trace').first().waitFor();
    expect(
      await page
        .getByRole('textbox', { name: 'Name of the run' })
        .evaluateAll((all) => all.map((each) => (each as HTMLInputElement).value)),
    ).toEqual(['mine', 'mine-Regular-overlapped', 'mine-FarSkip-overlapped']);
    await search.fill('Dispatch layer 2 collective');
    await page.getByText('4 found').waitFor();
    await search.press('Enter');
    await inspector.getByText('Bytes from device (row) to device (column)').waitFor();
    await page.getByRole('button', { name: 'Save a trace a device: mine', exact: true }).click();
    await expect.poll(() => traces, { timeout: 10_000 }).toEqual(['test-results/mine.traces.zip']);
    expect(Object.keys(unzipSync(readFileSync(traces[0]!)))).toEqual(
      ['Regular-overlapped', 'FarSkip-overlapped'].flatMap((folder) => [
        `${folder}/rank0.json`,
        `${folder}/rank1.json`,
      ]),
    );
    await page.setInputFiles(OPENED, 'package.json');
    await page.getByText('package.json is not a Chrome trace: it should be a list of events').waitFor();
  }));

/** The least text: two devices, one request, few tokens. */
const model = (page: Page) => page.getByRole('combobox', { name: 'Model' });
const REFERENCE = ['config.json', 'model.safetensors', 'tokenizer.json'].map(
  (name) => `public/models/reference/${name}`,
);

test('text is written side by side as PyTorch writes it, with its times and a timeline of each step', () =>
  openPage(async (page) => {
    const report = JSON.parse(readFileSync('public/models/reference/report.json', 'utf8'));
    await page.goto(defaultForm(site.url));
    await chooseText(page, 8);
    await pick(page, 'Both');
    await runButton(page, 'Generate: Regular and FarSkip').click();
    await page.getByText('measured on').waitFor({ timeout: 3 * MINUTES });
    expect(await page.getByRole('article').count()).toBe(2);
    const times = page.getByRole('region', { name: 'Times of the steps' }).getByRole('row');
    expect(await times.allInnerTexts()).toEqual([
      expect.stringMatching(/^Run\tBetween tokens\tWithout a trace\tSpeed-up\tCommunication hidden\tLower bound\t/),
      ...['Regular, blocking', 'Regular, overlapped', 'FarSkip, blocking', 'FarSkip, overlapped'].map((name) =>
        expect.stringMatching(
          new RegExp(
            `^${name}(\t[\\d.]+ ms \\[.+\\] 95 % within [\\d.]+ ms){2}\t[\\d.]+× .+\t.+ %.*\t.+ ms\t.*\t16, 0.0\\d MB$`,
          ),
        ),
      ),
    ]);
    for (const [title, expected] of [
      ['Regular', report.greedy_regular.text],
      ['FarSkip', report.greedy_farskip.text],
    ]) {
      const article = page.getByRole('article', { name: title });
      const text = await article.locator('.text').first().innerText();
      expect(text.length).toBeGreaterThan('Alice was beginning to'.length + 8);
      expect(expected.startsWith(text)).toBe(true);
    }
    expect(await page.getByRole('application').getAttribute('aria-label')).toContain(
      'Regular, overlapped, FarSkip, overlapped',
    );
    await scrollToCharts(page);
    await page.getByRole('figure', { name: 'Time between tokens' }).waitFor();
    await page.screenshot({ path: 'test-results/text.png', fullPage: true });
  }));

test('a checkpoint of the user is described, run, kept in the browser and deleted', () =>
  openPage(async (page) => {
    await page.goto(defaultForm(site.url));
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
    await runAlone(page, 'FarSkip');
    await runButton(page, 'Run FarSkip, overlapped').click();
    await page
      .getByText('These weights were made for Regular; runs of FarSkip use weights')
      .waitFor({ timeout: 3 * MINUTES });
    await page.getByRole('button', { name: 'Delete mine' }).click();
    await page.getByText('Kept here').waitFor({ state: 'detached' });
    expect(await model(page).inputValue()).toBe('reference');
    // From an address, this site's own.
    await model(page).selectOption('Your own checkpoint …');
    await page.getByLabel('Or the address of a folder').fill(`${site.url}models/reference`);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByText('deepseek_v2: 5 layers').waitFor();
  }));

test('a model that a page copied half into the storage before it went is no model, and can be kept anew', () =>
  openPage(async (page) => {
    let reads = true;
    // The last file that is copied comes to nothing, neither an error nor an end.
    await page.route('**/models/reference/model.safetensors', (route) => (reads ? route.continue() : undefined));
    const keep = async () => {
      await model(page).selectOption('Your own checkpoint …');
      await page.getByLabel('Or the address of a folder').fill(`${site.url}models/reference`);
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      await page.getByText('deepseek_v2: 5 layers').waitFor();
      await page.getByLabel('under the name').fill('mine');
      reads = false;
      await page.getByRole('button', { name: 'Keep', exact: true }).click();
    };
    await page.goto(defaultForm(site.url));
    await keep();
    await page.getByText(/^Keeping mine: /).waitFor();
    reads = true;
    await page.reload();
    const folders = () =>
      page.evaluate(async () => {
        const models = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
        const names: string[] = [];
        for await (const { name } of models.values()) names.push(name);
        return names;
      });
    expect(await folders()).toEqual(['mine']);
    expect(await page.getByText(/^Kept here/).count()).toBe(0);
    await page.unroute('**/models/reference/model.safetensors');
    await keep();
    await page.getByText('Kept here: mine, 4.1 MB').waitFor();
    await page.getByRole('button', { name: 'Delete mine' }).click();
    await page.getByText('Kept here').waitFor({ state: 'detached' });
    expect(await folders()).toEqual([]);
  }));

test('files that are no checkpoint are a sentence as soon as they are chosen', () =>
  openPage(async (page) => {
    await page.goto(defaultForm(site.url));
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

test('a run can be stopped, and what was on show stays', () =>
  openPage(async (page) => {
    await page.goto(defaultForm(site.url));
    await runBoth(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
  }));

test('no adapter is a sentence, and the page stays usable', () =>
  openPage(async (page) => {
    await beforeEngine(page, 'navigator.gpu.requestAdapter = async () => null;');
    await page.goto(defaultForm(site.url));
    await runBoth(page);
    await alert(page).waitFor();
    await page
      .getByText(
        'WebGPU found no graphics adapter; turn on hardware acceleration in the browser and update the graphics driver.',
      )
      .waitFor();
    expect(await runButton(page, 'Run Regular and FarSkip').isEnabled()).toBe(true);
    await page.screenshot({ path: 'test-results/no-adapter.png' });
  }));

test.each([
  ['no WebGPU', 'delete Navigator.prototype.gpu', /^This browser has no WebGPU/],
  [
    'an insecure page',
    "Object.defineProperty(window, 'isSecureContext', { value: false })",
    /^WebGPU needs a secure page/,
  ],
  [
    'no adapter',
    'GPU.prototype.requestAdapter = async () => null',
    /^WebGPU found no graphics adapter, so nothing can be measured/,
  ],
  [
    'no device',
    "GPUAdapter.prototype.requestDevice = async () => { throw new Error('refused') }",
    /^The graphics adapter gives no device that the engine could use/,
  ],
])('%s is said before anything is pressed, and a recorded run plays all the same', (_, script, sentence) =>
  openPage(async (page) => {
    await page.addInitScript(script);
    await page.goto(site.url);
    await alert(page).waitFor();
    expect(await alert(page).innerText()).toMatch(sentence);
    await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
    expect(await page.getByText(/recorded on NVIDIA H200/).count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.locator('.wiring .lit').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const head = page.getByRole('slider', { name: 'Play head' });
    const at = Number(await head.inputValue());
    expect(at).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Step the play head on' }).click();
    expect(Number(await head.inputValue())).toBeGreaterThan(at);
    await page.getByLabel('Recorded runs').selectOption('Experts spread, ratios 0.1 to 2');
    await scrollToCharts(page);
    await page.getByText('Speed-up over the first combination, by ratio').waitFor();
  }),
);

test('WebGPU in pages but not in workers is said', () =>
  openPage(async (page) => {
    await page.route('**/availability_worker-*.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'postMessage(false)' }),
    );
    await page.goto(site.url);
    await page.getByText('This browser has WebGPU in pages but not in workers').waitFor();
  }));

test.each([
  ['missing', { status: 404, body: '' }, /model\.safetensors can't be read, nor model\.safetensors\.index\.json/],
  ['truncated', { status: 200, body: 'short' }, /is not a readable safetensors file: it has 5 bytes/],
])('a checkpoint that is %s is a sentence', (_, answer, sentence) =>
  openPage(async (page) => {
    await page.route('**/models/reference/model.safetensors', (route) => route.fulfill(answer));
    await page.goto(defaultForm(site.url));
    await runBoth(page);
    await alert(page).waitFor({ timeout: MINUTES });
    expect(await alert(page).innerText()).toMatch(sentence);
  }),
);

test('a prompt that is too long is refused with its length', () =>
  openPage(async (page) => {
    await page.goto(defaultForm(site.url));
    await page.getByLabel('Text that device 0 reads').fill('down the rabbit hole '.repeat(400));
    await runBoth(page);
    await alert(page).waitFor({ timeout: MINUTES });
    expect(await alert(page).innerText()).toMatch(
      /The prompt has \d+ tokens, but the model reads at most 1024; shorten it/,
    );
    // The prompt is still there to be shortened.
    expect(await page.getByLabel('Text that device 0 reads').inputValue()).toHaveLength(8400);
  }));
