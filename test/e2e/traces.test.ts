import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedPage, openSite, shownRun } from './browser';
import { OPENED } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  mkdirSync('test-results', { recursive: true });
  site = await openSite();
});
afterAll(() => site.close());

const kernel = (name: string, ts: number, dur: number) => ({ ph: 'X', cat: 'kernel', name, pid: 0, tid: 7, ts, dur });
const traceOf = (rank: number, compute: number, exchange = 'ncclDevKernel_SendRecv(x)') =>
  JSON.stringify({
    distributedInfo: { rank },
    traceEvents: [kernel('sm90_xmma_gemm', 0, compute), kernel(exchange, 50, 100), kernel('rms_norm', 200, 10)],
  });
const packed = (name: string, text: string) => ({ name, mimeType: 'application/gzip', buffer: gzipSync(text) });

/** As if files had been let go over the page. */
const drop = (page: Page, files: readonly { readonly name: string; readonly text: string }[]) =>
  page.evaluate((own) => {
    const dataTransfer = new DataTransfer();
    for (const { name, text } of own) dataTransfer.items.add(new File([text], name));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, files);

/** Rows of a table, once it is there. */
async function rows(page: Page, table: string): Promise<string[]> {
  const own = page.getByRole('table', { name: table }).locator('tbody tr');
  await own.first().waitFor();
  return own.allInnerTexts();
}
const OVERLAP = 'Overlap of each device of the trace';

test('traces of two runs, gzipped, lie side by side and are compared; what is dropped without a config.json is a trace', () =>
  openedPage(site, async (page) => {
    await page.goto(site.url);
    await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
    await page.setInputFiles(OPENED, [
      packed('before_rank0.json.gz', traceOf(0, 100)),
      packed('before_rank2.json.gz', traceOf(2, 100)),
      packed('after_rank0.json.gz', traceOf(0, 150)),
      packed('after_rank2.json.gz', traceOf(2, 150)),
    ]);
    await shownRun(page, /^before$/);
    // Of a rank without a file nothing is told.
    expect(await rows(page, OVERLAP)).toEqual([
      expect.stringMatching(/^0\t0\.11 ms\t0\.10 ms\t50/),
      expect.stringMatching(/^2\t/),
    ]);
    const compared = page.getByRole('region', { name: 'Difference of the two timelines' });
    expect(await compared.getByRole('row').allInnerTexts()).toEqual([
      'What\tkernels\tTimeline 1\tkernels\tTimeline 2\tsecond − first',
      'Matrix products\t1\t0.10 ms\t1\t0.15 ms\t+0.05 ms',
      'Norms\t1\t0.01 ms\t1\t0.01 ms\t0.00 ms',
      'exposed SendRecv\t1\t0.05 ms\t1\t0.00 ms\t−0.05 ms',
    ]);
    await compared.getByText('kernel by kernel').click();
    expect(await compared.getByRole('row').count()).toBe(4);
    const legend = await page.getByRole('list', { name: 'Legend' }).innerText();
    expect(legend).toContain('Matrix products');
    expect(legend).not.toContain('Residual sums');

    await drop(page, [{ name: 'mine.json', text: traceOf(0, 100, 'my_exchange') }]);
    await shownRun(page, /^mine$/);
    await page.getByText('No kernel of this trace is known to communicate').waitFor();
    const names = page.getByLabel('Kernels that communicate, too (a regular expression)');
    await names.fill('(');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('“(” is not a regular expression').waitFor();
    await names.fill('^MY_');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Hidden, mean over the devices: 50').waitFor();

    await drop(page, [{ name: 'config.json', text: '{"architectures": ["Gpt"]}' }]);
    await page.getByText(/Gpt/).first().waitFor();
  }));

test('a long trace is read while the page stays usable, with progress, and can be stopped', () =>
  openedPage(site, async (page) => {
    const path = 'test-results/long.json';
    const file = openSync(path, 'w');
    const events =
      `${JSON.stringify({ ...kernel('aten::mm', 0, 1), cat: 'cpu_op', args: { shape: [1, 2, 3] } })},\n`.repeat(8000);
    writeSync(file, '[');
    for (let i = 0; i < 150; i++) writeSync(file, events);
    writeSync(file, JSON.stringify(kernel('sgemm', 0, 1)));
    closeSync(file);
    await page.goto(site.url);
    await shownRun(page, /^Shaped like DeepSeek-V2-Lite/);
    await page.setInputFiles(OPENED, path);
    const progress = page.getByRole('progressbar', { name: 'Reading files' });
    await progress.waitFor();
    const doneOf = async () => Number(await progress.getAttribute('value'));
    await expect.poll(doneOf).toBeGreaterThan(0);
    await page.getByText('Generate text', { exact: true }).click();
    expect(await page.getByLabel('New tokens').isVisible()).toBe(true);
    await page.getByRole('status').getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => progress.count()).toBe(0);
    expect(await page.getByText('long', { exact: true }).count()).toBe(0);
    rmSync(path);
  }));
