import { beforeAll, expect, test } from 'vitest';
import { diskSource } from '../../src/cli/disk';
import { ofText, openCorpus } from '../../src/lab/experiments/corpora/corpus';
import { differentItems, itemsOf, TASKS } from '../../src/lab/experiments/corpora/tasks';
import { parseSafetensors, readIntegers } from '../../src/model/safetensors';
import { readFile, readJson, type Source } from '../../src/model/source';
import { parseTokenizer, type TextTokenizer } from '../../src/model/tokenizer';

const site: Source = diskSource('public');
let tokenizer: TextTokenizer;
beforeAll(async () => {
  tokenizer = parseTokenizer(await readJson(site, 'models/reference/tokenizer.json'));
});

test('windows of a text are those of a seed and a step, and what is held out is never learnt from', () => {
  const tokens = Array.from({ length: 2000 }, (_, i) => i);
  const texts = { learnt: tokens.slice(0, 1900), heldOut: tokens.slice(1900) };
  const { batchAt, heldOut } = ofText(texts, 16, 3);
  const batches = Array.from({ length: 50 }, (_, step) => batchAt(step, 4));
  expect(batches.flat().every((own) => own.length === 16 && own.at(-1)! - own[0]! === 15 && own.at(-1)! < 1900)).toBe(
    true,
  );
  expect(new Set(batches.map((own) => own.join())).size).toBe(50);
  expect(ofText(texts, 16, 3).batchAt(7, 4)).toEqual(batches[7]);
  expect(ofText(texts, 16, 4).batchAt(7, 4)).not.toEqual(batches[7]);
  expect(heldOut.length).toBe(6);
  expect(heldOut.every((own) => own.length === 16 && own[0]! >= 1900)).toBe(true);
  expect(() => ofText(texts, 128, 3)).toThrow(/2000 tokens.*too few for windows of 128/);
});

test('the books are those that the reference model was trained on, its validation windows the same', async () => {
  const { heldOut, textTokens } = await openCorpus(site, 'books', tokenizer, { length: 256, seed: 1 });
  const file = await readFile(site, 'models/reference/val.safetensors');
  const windows = parseSafetensors(file, 'val').get('input_ids')!;
  expect([heldOut.length, 256]).toEqual(windows.shape);
  expect(heldOut.flat()).toEqual(Array.from(readIntegers(windows)));
  expect(textTokens).toBe(2_250_781);
});

test('books and tasks are half of each step, and the tasks’ texts read as they are drawn', async () => {
  const { batchAt } = await openCorpus(site, 'books+tasks', tokenizer, { length: 64, seed: 1 });
  const texts = [0, 1].map((step) => batchAt(step, 3).map((ids) => tokenizer.decode(ids)));
  const drawn = new RegExp(`^\\n(?:${PROMPTS.join('|')})`);
  expect(texts.map((own) => own.filter((text) => drawn.test(text)).length)).toEqual([2, 1]);
  expect(texts.flat().every((text) => tokenizer.encode(text, true).length <= 64)).toBe(true);
});

const PROMPTS = ['copy:', 'back:', 'sort:', 'add:', 'close:', 'recall:', 'say:', 'count ', 'most:', 'next:', 'fact:'];

/** The answer that a reader finds by the rule of a task; null where many are right. */
const RULES: Readonly<Record<string, (words: readonly string[], prompt: string) => string | null>> = {
  copy: (words) => words.join(' '),
  reverse: (words) => words.toReversed().join(' '),
  sort: (words) => words.toSorted().join(' '),
  add: ([a, b]) => String(Number(a) + Number(b)),
  brackets: (words) =>
    words
      .toReversed()
      .map((own) => ({ '(': ')', '[': ']', '{': '}' })[own])
      .join(' '),
  recall: (_, prompt) => {
    const [, pairs, key] = /^recall: (.*)\. (.)$/.exec(prompt)!;
    return pairs!
      .split(', ')
      .find((pair) => pair[0] === key)!
      .slice(2);
  },
  order: () => null,
  count: (words, prompt) => String(words.filter((own) => own === prompt['count '.length]).length),
  compare: (words) => String(Math.max(...words.map(Number))),
  pattern: (words) => {
    const period = words.findIndex((_, i) => i > 0 && words.slice(i).every((own, k) => own === words[k]));
    return words[words.length % period]!;
  },
  lookup: () => null,
};

test.each(TASKS.map((task) => [task.id, task] as const))('answers of %s are right, the others wrong', (id, task) => {
  const own = itemsOf(task, 5, 'learnt');
  const held = itemsOf(task, 5, 'evaluation');
  const learnt = new Set<string>();
  for (let i = 0; i < 500; i++) {
    const { prompt, answer, others } = own();
    const words = prompt
      .slice(prompt.indexOf(':') + 1)
      .replace(/ =$/, '')
      .trim()
      .split(' ');
    const right = RULES[id]!(words, prompt);
    if (right !== null) expect(answer, prompt).toBe(` ${right}`);
    expect(others).toHaveLength(task.scored === 'choice' ? 3 : 0);
    expect(new Set([answer, ...others]).size).toBe(1 + others.length);
    learnt.add(prompt + answer);
  }
  const common = Array.from({ length: 500 }, held).filter(({ prompt, answer }) => learnt.has(prompt + answer));
  expect(common.length > 0).toBe(task.facts === true);
  // Of a seed always the same; for an evaluation, a thousand that are all different.
  const asked = differentItems(task, 5, 1000, 'evaluation');
  expect(differentItems(task, 5, 1000, 'evaluation')).toEqual(asked);
  // No benchmark asks what an evaluation does.
  const quick = differentItems(task, 5, 50, 'benchmark');
  const asks = new Set(asked.map(({ prompt, answer }) => prompt + answer));
  if (!task.facts) expect(quick.filter(({ prompt, answer }) => asks.has(prompt + answer))).toEqual([]);
  expect(new Set(asked.map(({ others, ...own }) => JSON.stringify([own, others.toSorted()]))).size).toBe(1000);
  const questions = new Set(asked.map(({ prompt, answer }) => prompt + answer)).size;
  if (!task.facts) expect(questions).toBe(1000);
});
