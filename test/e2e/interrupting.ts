import type { Page } from 'playwright-core';
import { defaultForm } from './browser';
import { chooseLittle, MINUTES, runAlone, runButton } from './whole_way';

export const repeats = (page: Page) => page.getByLabel('Repeats', { exact: true });
export const run = (page: Page) => runButton(page, 'Run FarSkip, overlapped').click();
export const doing = (page: Page, what: RegExp) =>
  page.locator('.notice.running [role=status]').getByText(what).waitFor({ timeout: MINUTES });
export const early = (page: Page) => page.locator('.results .ended-early');

/** A run of 90 repeats of the least work, in the page at `url`. */
export async function chooseLeast(page: Page, url: string): Promise<void> {
  await page.goto(defaultForm(url));
  await chooseLittle(page);
  await runAlone(page, 'FarSkip');
  await repeats(page).fill('90');
}
