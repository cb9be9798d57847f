import { readFile, readJson, type Source } from '../../../model/source';
import type { TextTokenizer } from '../../../model/tokenizer';
import { InputError } from '../../../words/error';
import { phrase } from '../../../words/phrase';
import { sha256 } from '../../../words/sha256';
import { whyNot, z } from '../../../words/zod';
import { seededRandom } from '../../statistics/random';
import { END, tokensOf } from './item_tokens';
import { itemsOf, type Part, TASKS } from './tasks';

/** What a model learns from, and what is held out of it. */
export type Corpus = {
  /** The sequences of a step, `length` tokens each: of a seed and a step always the same. */
  readonly batchAt: (step: number, count: number) => number[][];
  /** Sequences as long, of what is never learnt. */
  readonly heldOut: readonly (readonly number[])[];
  /** Tokens of the texts; 0 where all is drawn. */
  readonly textTokens: number;
};

/** What may be learnt from beside a text file. */
export const CORPORA = ['books', 'tasks', 'books+tasks'] as const;
export const isCorpus = (data: string): boolean => (CORPORA as readonly string[]).includes(data);

/** A corpus by its name, or of a text file, whose last twentieth is held out. Throws InputError. */
export async function openCorpus(
  source: Source,
  data: string,
  tokenizer: TextTokenizer,
  { length, seed }: { readonly length: number; readonly seed: number },
): Promise<Corpus> {
  if (!tokenizer.readsText)
    throw new InputError(phrase`The checkpoint has no tokenizer.json, so that it can't read a text to learn from.`);
  if (data === 'tasks') return ofTasks(tokenizer, length, seed);
  const texts = isCorpus(data) ? await booksIn(source, tokenizer) : await textIn(source, data, tokenizer);
  const own = ofText(texts, length, seed);
  return data === 'books+tasks' ? mixed(own, ofTasks(tokenizer, length, seed)) : own;
}

type Texts = { readonly learnt: readonly number[]; readonly heldOut: readonly number[] };

/** The share of a text that is held out, at its end, and how many windows of it the loss is taken over at most. */
const HELD_OUT = 0.05;
const MOST_WINDOWS = 64;

/** Windows of texts: those for training drawn, those of what is held out as far apart as can be. */
export function ofText({ learnt, heldOut }: Texts, length: number, seed: number): Corpus {
  const all = learnt.length + heldOut.length;
  if (Math.min(learnt.length, heldOut.length) <= length + 1)
    throw new InputError(
      phrase`The text has ${all} tokens, of which a twentieth is held out: too few for windows of ${length}; use a longer text or a shorter length.`,
    );
  const windows = Math.min(MOST_WINDOWS, Math.floor((heldOut.length - 1) / length));
  const apart = Math.floor((heldOut.length - length - 1) / windows);
  return {
    batchAt(step, count) {
      const random = randomAt(seed, step);
      return Array.from({ length: count }, () => {
        const from = Math.floor(random() * (learnt.length - length - 1));
        return learnt.slice(from, from + length);
      });
    },
    heldOut: Array.from({ length: windows }, (_, i) => heldOut.slice(i * apart, i * apart + length)),
    textTokens: all,
  };
}

/** Items of all made tasks in any order, one after the other. */
function ofTasks(tokenizer: TextTokenizer, length: number, seed: number): Corpus {
  const end = tokenizer.encode(END, true).length;
  const sequencesAt = (step: number, count: number, part: Part): number[][] => {
    const random = randomAt(seed, step);
    const next = TASKS.map((task) => itemsOf(task, Math.floor(random() * 2 ** 32), part));
    return Array.from({ length: count }, () => {
      const ids: number[] = [];
      while (ids.length < length) {
        const { prompt, answer } = next[Math.floor(random() * TASKS.length)]!();
        // The end of an item is what comes before the next.
        ids.push(...tokensOf(tokenizer, prompt, answer).slice(ids.length === 0 ? 0 : end));
      }
      return ids.slice(0, length);
    });
  };
  return {
    batchAt: (step, count) => sequencesAt(step, count, 'learnt'),
    heldOut: sequencesAt(-1, MOST_WINDOWS, 'evaluation'),
    textTokens: 0,
  };
}

/** Half of one, half of another; held out is what is held out of the first. */
const mixed = (first: Corpus, second: Corpus): Corpus => ({
  ...first,
  batchAt(step, count) {
    // Where the halves differ by one, each has its turn.
    const own = Math.floor((count + (step % 2)) / 2);
    return [...first.batchAt(step, own), ...second.batchAt(step, count - own)];
  },
});

/** Numbers for a step of a training: another stream for each. */
const randomAt = (seed: number, step: number): (() => number) =>
  seededRandom(Math.floor(seededRandom(seed)() * 2 ** 32) ^ Math.imul(step + 1, 0x9e3779b1));

const Count = z.number().int().min(1);
const Books = z.object({
  tokenizerSha256: z.string(),
  books: z.array(z.object({ learnt: Count, heldOut: Count })),
});
const BOOKS = 'books/books.json';
const TOKENS = 'books/tokens.u16';
const TOKENIZER = 'models/reference/tokenizer.json';

/** The books that come with the lab: tokens of the reference model's tokenizer (scripts/books.mjs). */
async function booksIn(source: Source, tokenizer: TextTokenizer): Promise<Texts> {
  const read = Books.safeParse(await readJson(source, BOOKS));
  if (!read.success) throw new InputError(phrase`${BOOKS} can't be used: ${whyNot(read.error)}.`);
  const { books, tokenizerSha256 } = read.data;
  if ((await sha256(new Uint8Array(await readFile(source, TOKENIZER)))) !== tokenizerSha256)
    throw new InputError(phrase`${BOOKS} is of another tokenizer; build it anew.`);
  const bytes = await readFile(source, TOKENS);
  const ids = [...new Uint16Array(bytes.slice(0, bytes.length - (bytes.length % 2)).buffer)];
  const sum = (part: 'learnt' | 'heldOut') => books.reduce((total, own) => total + own[part], 0);
  const texts = { learnt: ids.slice(0, sum('learnt')), heldOut: ids.slice(sum('learnt')) };
  if (texts.heldOut.length !== sum('heldOut')) throw new InputError(phrase`${TOKENS} is cut short; build it anew.`);
  const first = texts.learnt.slice(1, 101);
  const text = tokenizer.decode(first);
  if (tokenizer.encode(text, true).join() !== first.join())
    throw new InputError(
      phrase`The books are tokens of the reference model's tokenizer, which this model does not have; give a text file.`,
    );
  return texts;
}

async function textIn(source: Source, path: string, tokenizer: TextTokenizer): Promise<Texts> {
  const ids = tokenizer.encode(new TextDecoder().decode(await readFile(source, path)));
  const cut = Math.floor(ids.length * (1 - HELD_OUT));
  return { learnt: ids.slice(0, cut), heldOut: ids.slice(cut) };
}
