import { Tokenizer } from '@huggingface/tokenizers';
import { InputError } from '../words/error';
import { phrase, wordsOf } from '../words/phrase';

export type TextTokenizer = { encode(text: string): number[]; decode(ids: readonly number[]): string };

/** Tokenizer of a tokenizer.json, already parsed from JSON. Throws InputError when it can't be read. */
export function parseTokenizer(json: object): TextTokenizer {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(json, {});
  } catch (cause) {
    throw new InputError(phrase`tokenizer.json can't be read: ${wordsOf(cause)}.`);
  }
  return {
    encode: (text) => tokenizer.encode(text).ids,
    // The library refuses an empty list.
    decode: (ids) => (ids.length === 0 ? '' : tokenizer.decode([...ids], { clean_up_tokenization_spaces: false })),
  };
}
