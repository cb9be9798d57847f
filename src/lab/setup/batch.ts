import { TEXTS } from '../../model/presets';
import { readFile, type Source } from '../../model/source';
import type { TextTokenizer } from '../../model/tokenizer';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { seededRandom } from '../statistics/random';

/**
 * One sequence a rank, all of one length: rank 0 gets `prompt` or, when there is none, the first `tokens` of the
 * passages; the other ranks get the passages that follow one another, as a server's other requests would.
 */
export function batchOf(
  prompt: readonly number[] | null,
  passages: readonly number[],
  ranks: number,
  tokens: number,
): number[][] {
  const first = [...(prompt ?? passages.slice(0, tokens))];
  if (first.length === 0) throw new InputError(phrase`The prompt is empty; write at least one word.`);
  const { length } = first;
  const skipped = prompt === null ? length : 0;
  return Array.from({ length: ranks }, (_, rank) => {
    if (rank === 0) return first;
    const from = (skipped + (rank - 1) * length) % Math.max(1, passages.length - length);
    const passage = passages.slice(from, from + length);
    if (passage.length < length)
      throw new InputError(
        phrase`The text has ${passages.length} tokens, fewer than the ${length} asked for; ask for fewer or pick a longer text.`,
      );
    return passage;
  });
}

/** Tokens of a text of the site; where the model reads no text, as many as a long one has, drawn from a seed. */
export async function passagesOf(
  tokenizer: TextTokenizer,
  source: Source,
  text: string,
  vocabulary: number,
  seed: number,
): Promise<number[]> {
  if (tokenizer.readsText) return tokenizer.encode(await readText(source, text));
  const random = seededRandom(seed);
  return Array.from({ length: DRAWN_TOKENS }, () => Math.floor(random() * vocabulary));
}
const DRAWN_TOKENS = 65536;

/** A text of the site, by its id. */
async function readText(source: Source, id: string): Promise<string> {
  return new TextDecoder().decode(await readFile(source, TEXTS.find((text) => text.id === id)!.file));
}
