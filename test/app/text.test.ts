import { expect, test } from 'vitest';
import { en } from '../../src/app/text/en';
import { zh } from '../../src/app/text/zh';

type Say = (...args: unknown[]) => string;
type Entry = readonly [path: string, words: string | Say];

/** A catalogue's strings and functions, each with its keys, in the order of the catalogue. */
const entriesOf = (words: unknown, path = ''): Entry[] =>
  typeof words === 'object' && words !== null
    ? Object.entries(words).flatMap(([key, own]) => entriesOf(own, path ? `${path}.${key}` : key))
    : [[path, words as string | Say]];

const ENGLISH = entriesOf(en);
const CHINESE = new Map(entriesOf(zh));

/** Names and units, which stay as they are. */
const SAME = ['page.title', 'form.topP', 'form.farskip', 'charts.ms'];
/** Punctuation, and functions that only put together, or write as a number, what they are given. */
const WORDLESS = [
  ...['tracks.point', 'inspector.flops', 'inspector.bytes', 'charts.inUnit', 'charts.ofRun', 'charts.place'],
  ...['join.comma', 'join.semicolon', 'join.colon', 'join.stop'],
];

const selfTest = { devices: 'at once', readBack: { ms: 21, workMs: 22 }, tickNs: 23, clockErrorMs: 24, roundTripMs: 25 };
/** What functions are called with that choose words by what they are given, or take no numbers. Others get numbers, each its own. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[][]>> = {
  'notice.loading': [['word1'], [null]],
  'notice.run': [
    ['word1', 22, 33],
    ['word1', 22, null],
  ],
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
  'tracks.connectivity': [['regular']],
  'timeline.differenceOf': [
    ['word1', 'less'],
    ['word1', 'more'],
  ],
  'timeline.speedOf': [[0.1]],
  'inspector.layerOf': [[11]],
  'results.selfTest': [
    [selfTest],
    [{ ...selfTest, devices: 'share', tickNs: 2300 }],
    [{ ...selfTest, devices: 'in turn' }],
    [{ ...selfTest, devices: null, tickNs: null, clockErrorMs: null }],
  ],
  'charts.sweepSpeedup': [['word1']],
  'charts.sweepHidden': [['word1']],
  'charts.sweepWall': [['word1']],
};

const argumentsOf = (path: string, say: Say): readonly unknown[][] =>
  ARGUMENTS[path] ?? [Array.from({ length: say.length }, (_, i) => 11 * (i + 1))];

/** What each entry says in both languages: a string once, a function with each list of arguments. */
const SAID = ENGLISH.flatMap(([path, english]) => {
  const chinese = CHINESE.get(path);
  if (typeof english === 'string') return [{ path, english, chinese: String(chinese), args: [] }];
  return argumentsOf(path, english).map((args) => ({ path, english: english(...args), chinese: (chinese as Say)(...args), args }));
});

const numbersIn = (text: string) => [...new Set(text.match(/\d+(\.\d+)?/g))].sort();

test('both catalogues have the same keys, with a string or a function under each', () => {
  const kinds = (entries: Iterable<Entry>) => Object.fromEntries([...entries].map(([path, words]) => [path, typeof words]));
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
  for (const { path, english, chinese, args } of SAID) {
    expect(numbersIn(chinese), path).toEqual(numbersIn(english));
    // Those without a digit choose words.
    for (const given of args.map(String)) if (/\d/.test(given) && english.includes(given)) expect(chinese, path).toContain(given);
  }
});

test('without a layer nothing is said of it, and blocks that share a name in English, one in the legend, share it', () => {
  expect(zh.inspector.layerOf(null)).toBe('');
  expect(zh.blocks.head).toBe(zh.blocks.embedding);
});
