import { expect, test } from 'vitest';
import { FormSettings } from '../../src/app/state/form';
import { readLink } from '../../src/app/state/link';
import { View } from '../../src/app/state/view';
import { en } from '../../src/app/text/en';
import { PHRASES } from '../../src/app/text/phrases_zh';
import { zh } from '../../src/app/text/zh';
import { CommonConfig } from '../../src/model/families/common';
import { SpanColumns } from '../../src/trace/span_columns';
import { english, inWords, type Phrase, phrase } from '../../src/words/phrase';
import { whyNot } from '../../src/words/zod';
import { phraseIds } from './phrase_ids';

type Say = (...args: unknown[]) => string;
type Entry = readonly [path: string, words: string | Say];

/** A catalogue's strings and functions, each with its keys, in the order of the catalogue. */
const entriesOf = (words: unknown, path = ''): Entry[] =>
  typeof words === 'object' && words !== null
    ? Object.entries(words).flatMap(([key, own]) => entriesOf(own, path ? `${path}.${key}` : key))
    : [[path, words as string | Say]];

/** But for what says phrases: those are in a catalogue of their own. */
const ENGLISH = entriesOf(en).filter(([path]) => path !== 'say');
const CHINESE = new Map(entriesOf(zh).filter(([path]) => path !== 'say'));

/** Names and units, which stay as they are. */
const SAME = ['page.title', 'form.topP', 'charts.ms'];
/** Punctuation, and functions that only put together, or write as a number, what they are given. */
const WORDLESS = [
  ...['tracks.point', 'inspector.flops', 'inspector.bytes', 'charts.inUnit', 'charts.ofRun', 'charts.place', 'date'],
  ...['join.comma', 'join.semicolon', 'join.colon', 'join.stop', 'join.sentence'],
];

/**
 * What functions are called with that choose words by what they are given, or take no numbers. Others get numbers, each
 * its own.
 */
const ARGUMENTS: Readonly<Record<string, readonly unknown[][]>> = {
  'form.summary': [
    ['word1', 22, 'word3', 'word4', 'word5'],
    ['word1', 22, 'word3', 'word4', null],
  ],
  'form.memory': [
    [11, 'word2', 'word3', 'word4'],
    [11, 'word2', null, null],
  ],
  'form.promptHint': [
    [true, 'word1'],
    [true, null],
    [false, 'word1'],
    [false, null],
  ],
  'timeline.differenceOf': [
    ['word1', 'less'],
    ['word1', 'more'],
  ],
  'timeline.speedOf': [[0.1]],
  'inspector.layerOf': [[11]],
  'charts.sweepSpeedup': [['word1']],
  'charts.sweepHidden': [['word1']],
  'charts.sweepPaid': [['word1']],
  'results.possible': [
    ['11', true],
    ['11', false],
  ],
  'charts.sweepWall': [['word1']],
};

const argumentsOf = (path: string, say: Say): readonly unknown[][] =>
  ARGUMENTS[path] ?? [Array.from({ length: say.length }, (_, i) => 11 * (i + 1))];

/** What each entry says in both languages: a string once, a function with each list of arguments. */
const SAID = ENGLISH.flatMap(([path, english]) => {
  const chinese = CHINESE.get(path);
  if (typeof english === 'string') return [{ path, english, chinese: String(chinese), args: [] }];
  return argumentsOf(path, english).map((args) => ({
    path,
    english: english(...args),
    chinese: (chinese as Say)(...args),
    args,
  }));
});

const numbersIn = (text: string) => [...new Set(text.match(/\d+(\.\d+)?/g))].sort();

test('both catalogues have the same keys, with a string or a function under each', () => {
  const kinds = (entries: Iterable<Entry>) =>
    Object.fromEntries([...entries].map(([path, words]) => [path, typeof words]));
  expect(kinds(CHINESE)).toEqual(kinds(ENGLISH));
});

test('every text is in Chinese', () => {
  for (const { path, english, chinese } of SAID) {
    if (SAME.includes(path)) expect(chinese, path).toBe(english);
    else if (!WORDLESS.includes(path)) {
      expect(chinese, path).not.toBe(english);
      expect(chinese, path).toMatch(/\p{Script=Han}/u);
    }
  }
});

test('every text has the numbers and words that the English one has of what it is given', () => {
  // A date's numbers are written by the browser, of twelve hours or of twenty-four.
  for (const { path, english, chinese, args } of SAID.filter((said) => said.path !== 'date')) {
    expect(numbersIn(chinese), path).toEqual(numbersIn(english));
    // Those without a digit choose words.
    for (const given of args.map(String))
      if (/\d/.test(given) && english.includes(given)) expect(chinese, path).toContain(given);
  }
});

test('without a layer nothing is said of it, and blocks that share a name in English, one in the legend, share it', () => {
  expect(zh.inspector.layerOf(null)).toBe('');
  expect(zh.blocks.head).toBe(zh.blocks.embedding);
});

test('every phrase of the engine, of links and of files is in Chinese, with the same places for values', () => {
  const ids = phraseIds();
  expect(Object.keys(PHRASES).sort()).toEqual(ids);
  const placesIn = (words: string) => [...words.matchAll(/\{\d+\}/g)].map(([place]) => place).sort();
  for (const id of ids) {
    const chinese = PHRASES[id]!;
    expect(placesIn(chinese), id).toEqual(placesIn(id));
    if (/\p{L}/u.test(id.replaceAll(/\{\d+\}/g, ''))) expect(chinese, id).toMatch(/\p{Script=Han}/u);
  }
});

const phrasesIn = (said: Phrase): Phrase[] => [
  said,
  ...said.values.flatMap((value) => (typeof value === 'object' ? phrasesIn(value) : [])),
];

test('what schemas do not take is said in Chinese, too', () => {
  const wrong: unknown[] = [
    undefined,
    null,
    '',
    'x',
    -1,
    0.5,
    1e12,
    true,
    [],
    [1],
    {},
    { kind: 'x' },
    { kind: 'speed', gbps: -1 },
    { a: 1 },
  ];
  const shapes = {
    ...FormSettings.shape,
    ...View.shape,
    ...SpanColumns.shape,
    ...SpanColumns.shape.compute.shape,
    ...CommonConfig.shape,
  };
  let said = 0;
  for (const schema of [...Object.values(shapes), FormSettings.strict()])
    for (const value of wrong) {
      const { error } = schema.safeParse(value);
      if (!error) continue;
      said++;
      for (const { id } of phrasesIn(whyNot(error))) expect(Object.keys(PHRASES)).toContain(id);
      expect(english(whyNot(error))).not.toMatch(/undefined|NaN|\{\d\}/);
    }
  expect(said).toBeGreaterThan(500);
});

test('a phrase is said in either language, and so are the phrases in it', () => {
  const link = readLink('#v=1&ranks=99&model=<b>').problems;
  expect(link.map(english)).toEqual([
    "The link's ranks, “99”, can't be used: it should be at most 16. The default was taken instead.",
    expect.stringMatching(
      /^The link's model, “<b>”, can't be used: it should be one of reference, deepseek-v2-lite-7.5m, .*, or the path or address of a checkpoint folder\./,
    ),
  ]);
  const inChinese = (said: Phrase) => inWords(said, (id) => PHRASES[id]);
  expect(inChinese(link[0]!)).toBe('无法使用链接中的 ranks（“99”）：应至多为 16。已改用默认值。');
  expect(inChinese(phrase`The GPU device was lost (${phrase`no reason given`}); press Run to open it again.`)).toBe(
    'GPU 设备已丢失（未给出原因）；请按“运行”重新打开。',
  );
});
