import { type Phrase, phrase } from '../../../words/phrase';
import { seededRandom } from '../../statistics/random';

/** A question with an exact answer; `others` are wrong answers to choose among, none where it is to be written. */
export type Item = { readonly prompt: string; readonly answer: string; readonly others: readonly string[] };

type Draw = {
  /** A whole number from `least` on, below `end`. */
  readonly number: (least: number, end: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  /** So many different ones, in any order. */
  readonly some: <T>(from: readonly T[], count: number) => T[];
};

/** A made task, a small stand-in for a benchmark: its items are drawn, not collected. */
export type Task = {
  readonly id: string;
  readonly name: Phrase;
  /** Choice: the answer is likelier than each other. Exact: the answer, to its end, is what the model writes. */
  readonly scored: 'choice' | 'exact';
  /** Its items ask for what only training can have told: then those that are held out are not new. */
  readonly facts?: true;
  readonly make: (draw: Draw) => Item;
};

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const DIGITS = [...'0123456789'];
const spaced = (words: readonly (string | number)[]) => words.map((word) => ` ${word}`).join('');

/** How many wrong answers there are to choose among. */
const OTHERS = 3;
/** The share of items that is answered by chance. */
export const chanceOf = ({ scored }: Task): number => (scored === 'choice' ? 1 / (1 + OTHERS) : 0);

const exact = (prompt: string, answer: string): Item => ({ prompt, answer, others: [] });

function choice({ some }: Draw, prompt: string, answer: string, candidates: readonly string[]): Item {
  const wrong = [...new Set(candidates)].filter((own) => own !== answer);
  return { prompt, answer, others: some(wrong, OTHERS) };
}

const BRACKETS = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
] as const;

const ANIMALS = ['dog', 'cat', 'horse', 'bird', 'fish', 'fox', 'bear', 'cow', 'wolf', 'mouse', 'lamb', 'whale'];
const ACTS = ['sees', 'finds', 'knows', 'leads', 'keeps', 'hears', 'likes', 'calls'];
const KINDS = ['old', 'young', 'little', 'great', 'poor', 'good', 'white', 'black'];

const FACTS = 256;
/** A number for each of some names, the same for everybody. */
const VALUES: ReadonlyMap<string, string> = factsOf(FACTS);

function factsOf(count: number): Map<string, string> {
  const draw = drawFrom(seededRandom(20));
  const facts = new Map<string, string>();
  while (facts.size < count) {
    const name = spaced([draw.pick(LETTERS), draw.pick(LETTERS), draw.pick(LETTERS)]);
    if (!facts.has(name)) facts.set(name, draw.pick(DIGITS));
  }
  return facts;
}

export const TASKS: readonly Task[] = [
  {
    id: 'copy',
    name: phrase`copying`,
    scored: 'exact',
    make({ number, pick }) {
      const letters = Array.from({ length: number(3, 8) }, () => pick(LETTERS));
      return exact(`copy:${spaced(letters)} =`, spaced(letters));
    },
  },
  {
    id: 'reverse',
    name: phrase`reversing`,
    scored: 'exact',
    make({ number, pick }) {
      const letters = Array.from({ length: number(2, 7) }, () => pick(LETTERS));
      return exact(`back:${spaced(letters)} =`, spaced(letters.toReversed()));
    },
  },
  {
    id: 'sort',
    name: phrase`sorting`,
    scored: 'exact',
    make({ number, some }) {
      const digits = some(DIGITS, number(2, 6));
      return exact(`sort:${spaced(digits)} =`, spaced(digits.toSorted()));
    },
  },
  {
    id: 'add',
    name: phrase`addition`,
    scored: 'exact',
    make({ number }) {
      const [a, b] = [number(0, 1000), number(0, 20)];
      return exact(`add:${spaced([a, b])} =`, spaced([a + b]));
    },
  },
  {
    id: 'brackets',
    name: phrase`bracket matching`,
    scored: 'exact',
    make({ number, pick }) {
      const open = Array.from({ length: number(2, 10) }, () => pick(BRACKETS));
      return exact(
        `close:${spaced(open.map(([own]) => own))} =`,
        spaced(open.toReversed().map(([, closing]) => closing)),
      );
    },
  },
  {
    id: 'recall',
    name: phrase`in-context recall`,
    scored: 'choice',
    make(draw) {
      const names = draw.some(LETTERS, draw.number(4, 7));
      const values = draw.some(LETTERS, names.length);
      const at = draw.number(0, names.length);
      const pairs = names.map((name, i) => ` ${name} ${values[i]}`).join(',');
      const candidates = values.map((own) => ` ${own}`);
      return choice(draw, `recall:${pairs}. ${names[at]}`, candidates[at]!, candidates);
    },
  },
  {
    id: 'order',
    name: phrase`word order`,
    scored: 'choice',
    make(draw) {
      const [who, whom] = draw.some(ANIMALS, 2);
      const [kind, other] = draw.some(KINDS, 2);
      const words = ['the', kind!, who!, draw.pick(ACTS), 'the', other!, whom!];
      const shuffled = Array.from({ length: 4 * OTHERS }, () => spaced(draw.some(words, words.length)));
      return choice(draw, 'say:', spaced(words), shuffled);
    },
  },
  {
    id: 'count',
    name: phrase`counting`,
    scored: 'choice',
    make(draw) {
      const [one, other] = draw.some(LETTERS, 2);
      const letters = Array.from({ length: draw.number(4, 9) }, () => draw.pick([one, other]));
      const count = letters.filter((own) => own === one).length;
      const near = [-3, -2, -1, 1, 2, 3].map((by) => count + by).filter((own) => own >= 0 && own <= letters.length);
      return choice(
        draw,
        `count ${one}:${spaced(letters as string[])} =`,
        ` ${count}`,
        near.map((own) => ` ${own}`),
      );
    },
  },
  {
    id: 'compare',
    name: phrase`comparison`,
    scored: 'choice',
    make(draw) {
      const numbers = draw.some(
        Array.from({ length: 90 }, (_, i) => i + 10),
        1 + OTHERS,
      );
      return choice(
        draw,
        `most:${spaced(numbers)} =`,
        ` ${Math.max(...numbers)}`,
        numbers.map((own) => ` ${own}`),
      );
    },
  },
  {
    id: 'pattern',
    name: phrase`pattern continuation`,
    scored: 'choice',
    make(draw) {
      const period = draw.some(LETTERS, draw.number(2, 5));
      const shown = Array.from(
        { length: period.length * 2 + draw.number(0, period.length) },
        (_, i) => period[i % period.length]!,
      );
      const next = period[shown.length % period.length]!;
      return choice(
        draw,
        `next:${spaced(shown)} =`,
        ` ${next}`,
        LETTERS.map((own) => ` ${own}`),
      );
    },
  },
  {
    id: 'lookup',
    name: phrase`lookup of learnt facts`,
    scored: 'choice',
    facts: true,
    make(draw) {
      const [name, value] = draw.pick([...VALUES]);
      return choice(
        draw,
        `fact:${name} =`,
        ` ${value}`,
        DIGITS.map((own) => ` ${own}`),
      );
    },
  },
];

/** What an item is for: questions are of one part each, whatever they are drawn by. */
export type Part = 'learnt' | 'benchmark' | 'evaluation';

/** Items of a task for something, drawn from a seed. */
export function itemsOf(task: Task, seed: number, part: Part): () => Item {
  const draw = drawFrom(seededRandom(seed));
  return () => {
    for (;;) {
      const item = task.make(draw);
      if (task.facts || partOf(item) === part) return item;
    }
  };
}

/** After so many draws in a row that brought nothing new, no more is to be found. */
const FRUITLESS = 2000;

/**
 * Items of a task that are held out, no two of the same question; of facts, which are few, no two alike. Fewer where
 * there are not as many.
 */
export function differentItems(task: Task, seed: number, count: number, part: 'benchmark' | 'evaluation'): Item[] {
  const next = itemsOf(task, seed, part);
  const items = new Map<string, Item>();
  for (let fruitless = 0; items.size < count && fruitless < FRUITLESS; fruitless++) {
    const item = next();
    const key = [item.prompt, item.answer, ...(task.facts ? item.others.toSorted() : [])].join();
    if (items.has(key)) continue;
    items.set(key, item);
    fruitless = 0;
  }
  return [...items.values()];
}

const PARTS = 16;
/** Of sixteen questions one is for evaluations and one for benchmarks. */
function partOf({ prompt, answer }: Item): Part {
  const place = hashOf(prompt + answer) % PARTS;
  return place === 0 ? 'evaluation' : place === 1 ? 'benchmark' : 'learnt';
}

/** FNV-1a (Fowler, Noll and Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function drawFrom(random: () => number): Draw {
  const number = (least: number, end: number) => least + Math.floor(random() * (end - least));
  return {
    number,
    pick: (from) => from[number(0, from.length)]!,
    some(from, count) {
      const left = [...from];
      return Array.from({ length: count }, () => left.splice(number(0, left.length), 1)[0]!);
    },
  };
}
