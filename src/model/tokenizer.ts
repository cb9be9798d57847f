import { Tokenizer } from '@huggingface/tokenizers';
import { InputError } from '../words/error';
import { phrase, quoted, wordsOf } from '../words/phrase';
import { because, whyNot, z } from '../words/zod';

export type TextTokenizer = {
  /** `bare` leaves out the tokens that begin and end a text: a chat template has written its own. */
  encode(text: string, bare?: boolean): number[];
  decode(ids: readonly number[]): string;
  /** Otherwise the checkpoint has none: `encode` refuses every text, and `decode` writes ids. */
  readonly readsText: boolean;
};

const Named = z
  .union(
    [z.string(), z.object({ content: z.string() })],
    because(phrase`it should be a text, or an object with its content`),
  )
  .transform((token) => (typeof token === 'string' ? token : token.content));

/** What is read of a tokenizer_config.json. */
const TokenizerConfig = z.object({
  tokenizer_class: z.string().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  bos_token: Named.nullish(),
  eos_token: Named.nullish(),
  /** One, or several with names; judged where it is asked for. */
  chat_template: z.unknown().optional(),
});
export type TokenizerConfig = z.infer<typeof TokenizerConfig>;

/** A tokenizer_config.json, already parsed from JSON. Throws InputError. */
export function parseTokenizerConfig(json: object): TokenizerConfig {
  const parsed = TokenizerConfig.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new InputError(phrase`tokenizer_config.json can't be used: ${whyNot(parsed.error)}.`);
}

/**
 * Classes whose tokens around a text are those that tokenizer_config.json says, in the place of tokenizer.json's own:
 * transformers 4 writes them anew. Those that put a first token unless they are told not to, and those that don't.
 */
const PUT_FIRST = /^(CodeLlama|Llama|Gemma|Cohere)Tokenizer(Fast)?$/;
const PUT_NONE = /^GPTNeoXTokenizer(Fast)?$/;

/**
 * Tokenizer of a tokenizer.json, already parsed from JSON, and of the tokenizer_config.json beside it. Throws
 * InputError when it can't be read.
 */
export function parseTokenizer(json: object, config: TokenizerConfig = parseTokenizerConfig({})): TextTokenizer {
  const tokenizer = sound(() => new Tokenizer(json, {}));
  const idsOf = (text: string, add_special_tokens: boolean): number[] => {
    const { ids, tokens } = sound(() => tokenizer.encode(text, { add_special_tokens }));
    const unknown = ids.findIndex((id) => !Number.isInteger(id));
    if (unknown >= 0)
      throw new InputError(
        phrase`tokenizer.json has no token for “${quoted(String(tokens[unknown]))}”, nor one for what is unknown.`,
      );
    return ids;
  };
  const around = tokensAround(config, tokenizer, idsOf);
  return {
    readsText: true,
    encode: (text, bare = false) =>
      bare ? idsOf(text, false) : [...around.before, ...idsOf(text, around.own), ...around.after],
    // The library refuses an empty list.
    decode: (ids) =>
      ids.length === 0 ? '' : sound(() => tokenizer.decode([...ids], { clean_up_tokenization_spaces: false })),
  };
}

/** What the library does with a file that is none of its own kind is no sentence. */
function sound<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    // Of a part that is missing the library says nothing: it just fails there.
    if (cause instanceof TypeError)
      throw new InputError(
        phrase`tokenizer.json can't be read: a part of it is missing or has another form than transformers saves; copy or save it again.`,
      );
    throw new InputError(phrase`tokenizer.json can't be read: ${quoted(wordsOf(cause))}.`);
  }
}

/** What is put before and after each text, beside what tokenizer.json does (`own`). */
type Around = { readonly before: readonly number[]; readonly after: readonly number[]; readonly own: boolean };

function tokensAround(
  config: TokenizerConfig,
  tokenizer: Tokenizer,
  idsOf: (text: string, add_special_tokens: boolean) => number[],
): Around {
  const { tokenizer_class: name, add_bos_token: bos, add_eos_token: eos } = config;
  const as = { before: [], after: [], own: true };
  if (bos == null && eos == null) return as;
  const tokenOf = (key: 'bos_token' | 'eos_token', usual: string): number[] => {
    const named = config[key];
    if (named === null) return [];
    const id = tokenizer.token_to_id(named ?? usual);
    if (id !== undefined) return [id];
    throw new InputError(
      phrase`tokenizer_config.json says that ${quoted(named ?? usual)} is put around texts (${key}), but tokenizer.json has no such token.`,
    );
  };
  const first = () => tokenOf('bos_token', '<s>');
  const last = () => tokenOf('eos_token', '</s>');
  if (name && (PUT_FIRST.test(name) || PUT_NONE.test(name)))
    return { before: (bos ?? PUT_FIRST.test(name)) ? first() : [], after: eos ? last() : [], own: false };
  // Other classes go by tokenizer.json alone.
  if (name) return as;
  const [plain, whole] = [idsOf(SOME_TEXT, false), idsOf(SOME_TEXT, true)];
  const begins = whole.length > plain.length && whole[0] !== plain[0];
  const ends = whole.length > plain.length && whole.at(-1) !== plain.at(-1);
  return { before: bos && !begins ? first() : [], after: eos && !ends ? last() : [], own: true };
}
const SOME_TEXT = 'a';

/** Of a checkpoint without a tokenizer.json. */
export const withoutTokenizer = (found: string | null): TextTokenizer => ({
  readsText: false,
  encode() {
    const instead = phrase`give token ids instead (in the terminal: --ids 1,2,3), or put the model's tokenizer.json beside config.json`;
    throw new InputError(
      found
        ? phrase`The checkpoint has ${found} but no tokenizer.json, and text is read by that alone; ${instead}.`
        : phrase`The checkpoint has no tokenizer.json, so it can't read text; ${instead}.`,
    );
  },
  decode: (ids) => ids.join(','),
});
