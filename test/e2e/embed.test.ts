import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRunFile } from '../../src/lab/runs/run_file';
import { openSite } from './browser';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

type Heard = { readonly type: string } & Readonly<Record<string, unknown>>;

/**
 * A page of another origin with the lab in a frame, and what the lab told it; `allowed` is what the frame's address
 * allows, of the page's own.
 */
async function openCourse(
  allowed: (origin: string) => string,
): Promise<{ page: Page; heard: (type: string) => Promise<Heard>; close: () => Promise<void> }> {
  let frame = '';
  const course = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<script>window.heard = []; onmessage = ({ data, origin }) => heard.push({ ...data, origin })</script>
      <iframe src="${frame.replaceAll('&', '&amp;')}" width="900" height="700" title="lab"></iframe>`);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => course.once('listening', resolve));
  const origin = `http://localhost:${(course.address() as AddressInfo).port}`;
  frame = `${site.url}?embed=${allowed(origin)}#v=1&top=ep/regular-overlapped`;
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.goto(origin);
  await page.frameLocator('iframe').getByRole('application').waitFor();
  return {
    page,
    heard: async (type) => {
      const last = () =>
        page.evaluate(
          (wanted) => (window as unknown as { heard: Heard[] }).heard.findLast((each) => each.type === wanted),
          type,
        );
      await expect.poll(last, { timeout: 10_000 }).toBeTruthy();
      const found = (await last())!;
      await page.evaluate(() => Object.assign(window, { heard: [] }));
      return found;
    },
    close: async () => {
      await context.close();
      course.closeAllConnections();
      course.close();
    },
  };
}

const tell = (page: Page, message: unknown) =>
  page.evaluate((sent) => document.querySelector('iframe')!.contentWindow!.postMessage(sent, '*'), message);

test('a page that the address allows sets the lab, opens runs in it and hears of it', async () => {
  const { page, heard, close } = await openCourse((origin) => `https://other.example,${origin}`);
  const lab = page.frameLocator('iframe');
  expect(await heard('ready')).toMatchObject({ farskipLab: 1, origin: new URL(site.url).origin });
  expect(await lab.locator('.controls').count()).toBe(0);
  expect(await lab.getByRole('heading', { name: 'Regular, overlapped' }).count()).toBe(1);

  await tell(page, {
    farskipLab: 1,
    type: 'set',
    settings: { ranks: 2 },
    view: { bottom: 'ep/farskip-overlapped', align: 'layer' },
  });
  expect(await heard('state')).toMatchObject({
    settings: { ranks: 2, tokens: 64 },
    view: { align: 'layer' },
    status: 'idle',
  });
  await lab.getByRole('heading', { name: /^FarSkip, overlapped/ }).waitFor();

  for (const [message, sentence] of [
    [{ farskipLab: 1, type: 'set', settings: { ranks: 'many' } }, /The message can't be used: settings.ranks: /],
    [{ farskipLab: 1, type: 'set', view: { html: '<img>' } }, /The message can't be used: view: /],
    [{ farskipLab: 2, type: 'get' }, /farskipLab/],
    [{ farskipLab: 1, type: 'run', which: 'all' }, /The message can't be used: there is no which/],
    ['hello', /The message can't be used/],
    [{ farskipLab: 1, type: 'open', file: '{"traceEvents": []}' }, /can't be read as a run of this lab/],
  ] as const) {
    await tell(page, message);
    expect((await heard('error')).message).toMatch(sentence);
  }
  await tell(page, { farskipLab: 1, type: 'get' });
  expect(await heard('state')).toMatchObject({
    settings: { ranks: 2 },
    view: { align: 'layer', tracks: ['ep/regular-overlapped', 'ep/farskip-overlapped'] },
  });

  // As today's links say it, too.
  await tell(page, { farskipLab: 1, type: 'set', view: { tracks: ['ep/farskip-blocking'] } });
  await lab.getByRole('heading', { name: 'FarSkip, blocking' }).waitFor();

  const file = gunzipSync(readFileSync('public/recorded/tp.json.gz')).toString();
  await tell(page, { farskipLab: 1, type: 'open', file });
  await lab
    .getByText('Heads and experts spread', { exact: false })
    .or(lab.getByRole('heading', { name: 'Regular, overlapped' }))
    .first()
    .waitFor();
  await tell(page, { farskipLab: 1, type: 'save' });
  // In the newest version, and the same run.
  expect(parseRunFile('a', (await heard('file')).file as string)).toEqual(parseRunFile('b', file));

  await tell(page, { farskipLab: 1, type: 'run' });
  expect(await heard('progress')).toMatchObject({ done: expect.any(Number), total: expect.any(Number) });
  await tell(page, { farskipLab: 1, type: 'stop' });
  await expect.poll(async () => (await heard('state')).status, { timeout: 60_000 }).toBe('idle');
  await close();
});

test('messages of a page that the address does not name change nothing, and are not answered', async () => {
  const { page, close } = await openCourse(() => 'https://other.example');
  await tell(page, { farskipLab: 1, type: 'set', view: { bottom: 'ep/farskip-overlapped' } });
  await tell(page, { farskipLab: 1, type: 'get' });
  await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
  const lab = page.frameLocator('iframe');
  expect(await lab.getByRole('heading', { name: /^FarSkip/ }).count()).toBe(0);
  expect(await page.evaluate(() => (window as unknown as { heard: Heard[] }).heard)).toEqual([]);
  await close();
});
