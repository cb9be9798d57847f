import { TEXTS } from '../../model/presets';
import { readFile, type Source } from '../../model/source';
import type { TextTokenizer } from '../../model/tokenizer';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';

/**
 * One sequence a rank, all of one length: rank 0 gets `prompt` or, when there is none, the first `tokens` of `text`;
 * the other ranks get the passages of `text` that follow one another, as a server's other requests would.
 */
export function batchOf(
  tokenizer: TextTokenizer,
  prompt: string | null,
  text: string,
  ranks: number,
  tokens: number,
): number[][] {
  const passages = tokenizer.encode(text);
  const first = prompt === null ? passages.slice(0, tokens) : tokenizer.encode(prompt);
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

/** A text of the site, by its id. */
export async function readText(source: Source, id: string): Promise<string> {
  return new TextDecoder().decode(await readFile(source, TEXTS.find((text) => text.id === id)!.file));
}
