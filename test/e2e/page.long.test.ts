import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultForm, openedPage, openSite } from './browser';
import { chooseLittle, chooseText, lookOf, MINUTES, pick, runAlone, runButton } from './whole_way';

let site: Awaited<ReturnType<typeof openSite>>;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test('a folder without a tokenizer is measured under its name, and text of it is of token ids', () =>
  openedPage(site, async (page) => {
    await page.goto(defaultForm(site.url));
    await chooseLittle(page);
    await runAlone(page, 'FarSkip');
    await page.getByRole('combobox', { name: 'Model' }).selectOption('Your own checkpoint …');
    await runButton(page, 'Run FarSkip, overlapped').click();
    await page.getByText('Choose a folder first').waitFor();
    await page.setInputFiles('input[aria-label="Checkpoint folder"]', 'test/oracle/fixtures/mixtral');
    await page.getByText('It has no tokenizer.json: measurements take random tokens').waitFor();
    await runButton(page, 'Run FarSkip, overlapped').click();
    await page.getByText('measured on').waitFor({ timeout: 3 * MINUTES });
    const names = page.getByRole('textbox', { name: 'Name of the run' });
    expect(await names.evaluateAll((all) => all.map((each) => (each as HTMLInputElement).value))).toEqual([
      expect.stringMatching(/^mixtral, ep on 2/),
    ]);
    await chooseText(page, 2);
    await runButton(page, 'Generate: FarSkip, overlapped').click();
    await page.getByText("The checkpoint has no tokenizer.json, so it can't read text").first().waitFor();
    await pick(page, 'Token ids (1,2,3)');
    await page.getByLabel('Text to continue').fill('1, 2, 3');
    await runButton(page, 'Generate: FarSkip, overlapped').click();
    const text = page.getByRole('article', { name: 'FarSkip' }).locator('.text').first();
    await expect.poll(() => text.innerText(), { timeout: 3 * MINUTES }).toMatch(/^1, 2, 3\s*\d+,\d+$/);
  }));

test('text can be stopped, and what was written stays', () =>
  openedPage(site, async (page) => {
    await page.goto(defaultForm(site.url));
    await chooseText(page, 200);
    await runAlone(page, 'FarSkip');
    await runButton(page, 'Generate: FarSkip, overlapped').click();
    await page.getByText('generating, step 4').first().waitFor({ timeout: MINUTES });
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('… stopped').first().waitFor({ timeout: MINUTES });
    expect(await page.getByRole('article', { name: 'FarSkip' }).locator('mark').first().innerText()).not.toBe('');
  }));

test('an untrained model says so, and that its routing is forced; one run alone has one timeline', () =>
  openedPage(site, async (page) => {
    await page.goto(defaultForm(site.url));
    await page.getByRole('combobox', { name: 'Model' }).selectOption('llama-4-scout-8.9m');
    await page.getByText('llama4: 4 layers, 16 experts, top-1, 8.9 M parameters').waitFor();
    await chooseLittle(page);
    await runAlone(page, 'Regular');
    await pick(page, 'Blocking');
    await runButton(page, 'Run Regular, blocking').click();
    // What is looked at meanwhile stays on show when the run ends.
    await page.getByLabel('Timeline 2').selectOption({ label: 'FarSkip, blocking' });
    await page.getByRole('application').focus();
    await page.keyboard.press('KeyW');
    const before = await lookOf(page);
    expect(before.hash).toMatch(/tracks=.*from=/);
    await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 3 * MINUTES });
    expect(await lookOf(page)).toEqual(before);
    await page.getByRole('button', { name: /^Show: llama-4-scout/ }).click();
    await page.getByRole('heading', { name: 'Regular, blocking', exact: true }).waitFor();
    expect(await page.getByLabel('Timeline 2').inputValue()).toBe('');
    await page.getByText('Its routing is forced to be balanced').waitFor({ timeout: 3 * MINUTES });
    await page.getByText('its times mean something, its text and logits nothing').waitFor();
    expect(await page.getByText('Next tokens').count()).toBe(0);
  }));
