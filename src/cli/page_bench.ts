import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { median, quantile } from 'simple-statistics';
import { newRun } from '../lab/runs/lab_run';
import { FIRST_RECORDED, recordedPath } from '../lab/runs/recorded';
import { parseRunFile, toRunFile } from '../lab/runs/run_file';
import { tracksOf } from '../lab/runs/run_kinds';
import { laterBy, type Span } from '../trace/span';
import { textOf } from '../words/bytes_of';
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
  /** At the screen's pace. */
  readonly paced: FrameRate;
  /** As fast as frames can be made: what they take, where the screen would have them wait. */
  readonly unpaced: FrameRate;
};

/** Frames of a timeline that is zoomed by the wheel in each of them. */
export type FrameRate = {
  /** From one frame to the next, ms. */
  readonly frames: { readonly count: number; readonly median: number; readonly p95: number; readonly longest: number };
  /** Of that the time of scripts, ms: taking the wheel's turn, and drawing what it asked for. */
  readonly scriptMs: { readonly median: number; readonly p95: number };
};

/** Of a task, what is longer does block (https://web.dev/articles/tbt). */
const TASK_MS = 50;
const ZOOMS = 120;
/** Frames are made as soon as the last is done, instead of when the screen is refreshed. */
const UNPACED = ['--disable-frame-rate-limit', '--disable-gpu-vsync'];

/**
 * Opens the built page in headless Chromium, twice to have everything compiled once, and zooms over at least `count`
 * spans.
 */
export async function benchPage(gpu: 'hardware' | 'swiftshader', site: string, count: number): Promise<PageRate> {
  const spans = await manySpans(site, count);
  const many = toRunFile(newRun({ kind: 'trace', result: spans }, 'many spans', null, new Date(0).toISOString()));
  return withServer(site, [], async (url) => {
    const { painted, paced } = await inChromium(gpu, [], async (open) => {
      await (await open(url)).close();
      const page = await open(url);
      await page.waitForTimeout(1000);
      const painted = await paintedBy(page);
      return { painted, paced: await zoomedOver(page, many) };
    });
    const unpaced = await inChromium(gpu, UNPACED, async (open) => zoomedOver(await open(url), many));
    return { gpu, ...painted, spans: spans.spans.length, paced, unpaced };
  });
}

type Open = (url: string) => Promise<Page>;

async function inChromium<T>(
  gpu: 'hardware' | 'swiftshader',
  flags: readonly string[],
  use: (open: Open) => Promise<T>,
): Promise<T> {
  const browser = await launchChromium(gpu, flags);
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    return await use(async (url) => {
      const page = await context.newPage();
      await page.addInitScript(() => {
        const seen = { tasks: [] as number[], largest: 0 };
        Object.assign(window, { seen });
        new PerformanceObserver((list) =>
          seen.tasks.push(...list.getEntries().map(({ duration }) => duration)),
        ).observe({
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
    });
  } finally {
    await browser.close();
  }
}

const paintedBy = (page: Page): Promise<Pick<PageRate, 'firstPaintMs' | 'largestPaintMs' | 'blockingMs'>> =>
  page.evaluate((taskMs) => {
    const { seen } = window as unknown as { seen: { tasks: number[]; largest: number } };
    return {
      firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      largestPaintMs: seen.largest,
      blockingMs: seen.tasks.reduce((sum, task) => sum + Math.max(0, task - taskMs), 0),
    };
  }, TASK_MS);

/** Opens a run and turns the wheel over its timeline once a frame, in and out. */
async function zoomedOver(page: Page, run: string): Promise<FrameRate> {
  await page.setInputFiles('input[type=file][accept*=json]', {
    name: 'many.json',
    mimeType: 'application/json',
    buffer: Buffer.from(run),
  });
  await page.getByRole('heading', { name: 'Trace' }).waitFor();
  const area = page.getByRole('application');
  await area.scrollIntoViewIfNeeded();
  const { frames, scripts } = await area.evaluate(
    (lanes, zooms) =>
      new Promise<{ frames: number[]; scripts: number[] }>((resolve) => {
        const { left, top, width } = lanes.getBoundingClientRect();
        const place = {
          clientX: left + 0.6 * width,
          clientY: top + 60,
          bubbles: true,
          cancelable: true,
          ctrlKey: true,
        };
        const frames: number[] = [];
        const scripts: number[] = [];
        let begun = performance.now();
        // Callbacks of a frame come in the order in which they were asked for: `begun`, the timeline's drawing, this.
        const turn = (now: number) => {
          frames.push(now);
          requestAnimationFrame(() => {
            begun = performance.now();
          });
          lanes.dispatchEvent(new WheelEvent('wheel', { ...place, deltaY: frames.length % 30 < 15 ? -120 : 120 }));
          scripts.push(performance.now() - begun);
          if (frames.length <= zooms) requestAnimationFrame(turn);
          else resolve({ frames, scripts });
        };
        requestAnimationFrame(turn);
      }),
    ZOOMS,
  );
  const gaps = frames.slice(1).map((at, i) => at - frames[i]!);
  return {
    frames: { count: gaps.length, median: median(gaps), p95: quantile(gaps, 0.95), longest: Math.max(...gaps) },
    scriptMs: { median: median(scripts), p95: quantile(scripts, 0.95) },
  };
}

/** A recorded run again and again, one after the other, until there are so many spans. */
async function manySpans(
  site: string,
  count: number,
): Promise<{ readonly spans: readonly Span[]; readonly ranks: number }> {
  const path = recordedPath(FIRST_RECORDED);
  const [track] = tracksOf(parseRunFile(path, await textOf(path, new Blob([readFileSync(join(site, path))]))));
  const length = Math.max(...track!.spans.map(({ end }) => end));
  const spans: Span[] = [];
  for (let from = 0; spans.length < count; from += length)
    for (const span of track!.spans) spans.push(laterBy(span, from));
  return { spans, ranks: track!.ranks };
}
