import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { median, quantile } from 'simple-statistics';
import { newRun, tracksOf } from '../lab/lab_run';
import { RECORDED, recordedPath } from '../lab/recorded';
import { parseRunFile, toRunFile } from '../lab/run_file';
import type { Span } from '../trace/span';
import { launchChromium, withServer } from './chromium';

/** How the page itself does: when it first paints, how long scripts hold it up, and how quick its timeline is. */
export type PageRate = {
  readonly gpu: string;
  /** ms from the navigation. */
  readonly firstPaintMs: number;
  readonly largestPaintMs: number;
  /** What of tasks lies beyond 50 ms each, until the first run is on show; ms. */
  readonly blockingMs: number;
  readonly spans: number;
  /** Between frames while the timeline is zoomed and moved, ms. */
  readonly frames: { readonly count: number; readonly median: number; readonly p95: number; readonly longest: number };
  /** Time of scripts in those frames, ms: what drawing takes of them. */
  readonly scriptMs: { readonly median: number; readonly p95: number };
};

/** Of a task, what is longer does block (https://web.dev/articles/tbt). */
const TASK_MS = 50;
const ZOOMS = 60;

/** Opens the built page in headless Chromium, twice to have everything compiled once, and zooms over at least `count` spans. */
export function benchPage(gpu: 'hardware' | 'swiftshader', site: string, count: number): Promise<PageRate> {
  return withServer(site, [], async (url) => {
    const browser = await launchChromium(gpu);
    try {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const open = async (): Promise<Page> => {
        const page = await context.newPage();
        await page.addInitScript(() => {
          const seen = { tasks: [] as number[], largest: 0 };
          Object.assign(window, { seen });
          new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
            type: 'longtask',
            buffered: true,
          });
          new PerformanceObserver((list) => {
            seen.largest = list.getEntries().at(-1)?.startTime ?? seen.largest;
          }).observe({ type: 'largest-contentful-paint', buffered: true });
        });
        await page.goto(url);
        await page.getByRole('application').waitFor();
        return page;
      };
      await (await open()).close();
      const page = await open();
      await page.waitForTimeout(1000);
      const painted = await page.evaluate((taskMs) => {
        const { seen } = window as unknown as { seen: { tasks: number[]; largest: number } };
        return {
          firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
          largestPaintMs: seen.largest,
          blockingMs: seen.tasks.reduce((sum, task) => sum + Math.max(0, task - taskMs), 0),
        };
      }, TASK_MS);

      const spans = manySpans(site, count);
      const run = newRun({ kind: 'trace', ranks: spans.ranks, spans: spans.spans }, 'many spans', null, new Date(0).toISOString());
      await page.setInputFiles('input[type=file][accept*=json]', {
        name: 'many.json',
        mimeType: 'application/json',
        buffer: Buffer.from(toRunFile(run)),
      });
      await page.getByRole('heading', { name: 'Trace' }).waitFor();
      const area = page.getByRole('application');
      await area.scrollIntoViewIfNeeded();
      const box = (await area.boundingBox())!;
      await page.mouse.move(box.x + 0.6 * box.width, box.y + 60);
      await page.evaluate(() => {
        const drawn = { frames: [] as number[], scripts: [] as number[] };
        Object.assign(window, { drawn });
        const turn = (now: number) => {
          drawn.frames.push(now);
          // Called after the timeline's own callback of this frame, which was asked for earlier or by an event before it.
          drawn.scripts.push(performance.now() - now);
          requestAnimationFrame(turn);
        };
        requestAnimationFrame(turn);
      });
      await page.keyboard.down('Control');
      for (let i = 0; i < ZOOMS; i++) {
        await page.mouse.wheel(0, i % 30 < 15 ? -120 : 120);
        await page.waitForTimeout(16);
      }
      await page.keyboard.up('Control');
      const { frames, scripts } = await page.evaluate(
        () => (window as unknown as { drawn: { frames: number[]; scripts: number[] } }).drawn,
      );
      const gaps = frames.slice(1).map((at, i) => at - frames[i]!);
      return {
        gpu,
        ...painted,
        spans: spans.spans.length,
        frames: { count: gaps.length, median: median(gaps), p95: quantile(gaps, 0.95), longest: Math.max(...gaps) },
        scriptMs: { median: median(scripts), p95: quantile(scripts, 0.95) },
      };
    } finally {
      await browser.close();
    }
  });
}

/** A recorded run again and again, one after the other, until there are so many spans. */
function manySpans(site: string, count: number): { spans: Span[]; ranks: number } {
  const path = recordedPath(RECORDED[0].id);
  const [track] = tracksOf(parseRunFile(path, readFileSync(join(site, path), 'utf8')));
  const length = Math.max(...track!.spans.map(({ end }) => end));
  const spans: Span[] = [];
  for (let from = 0; spans.length < count; from += length)
    for (const span of track!.spans) spans.push({ ...span, start: span.start + from, end: span.end + from });
  return { spans, ranks: track!.ranks };
}
