import { renderChat, templateIn } from '../../model/chat_template';
import { textConfigOf } from '../../model/config';
import { isUntrained, PRESETS } from '../../model/presets';
import { has, readFile, readJson, type Source, within } from '../../model/source';
import {
  parseTokenizer,
  parseTokenizerConfig,
  type TextTokenizer,
  type TokenizerConfig,
  withoutTokenizer,
} from '../../model/tokenizer';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { wrongFile } from '../../words/wrong_file';
import { type FoundModel, findModel, type Places } from './find_model';

/** A model with what it takes to read and write text by it. */
export type ChosenModel = FoundModel & {
  readonly tokenizer: TextTokenizer;
  /** Where the tokenizer's files are: the model's own, or the reference model's. */
  readonly tokenizerSource: Source;
  /** A user's message in the words of the checkpoint's chat template. Throws InputError where there is none. */
  readonly chat: (message: string) => Promise<string>;
  /** Drawn from a seed: its text means nothing. */
  readonly untrained: boolean;
  /** Tokens that end a text, as config.json and generation_config.json name them. */
  readonly stopTokens: ReadonlySet<number>;
};

/**
 * Throws InputError when there is no such model (find_model.ts), or its tokenizer can't be read. Drawn models borrow
 * the reference model's.
 */
export async function chooseModel(places: Places, id: string, balanced: boolean): Promise<ChosenModel> {
  const found = await findModel(places, id, balanced);
  const source = found.source ?? within(places.source, PRESETS[0].folder);
  // Before the tokenizer, which a folder without a config.json has no less.
  const stopTokens = found.source ? await stopTokensOf(found.source) : new Set<number>();
  const config = parseTokenizerConfig((await jsonIn(source, 'tokenizer_config.json')) ?? {});
  return {
    ...found,
    tokenizer: await tokenizerOf(source, config),
    tokenizerSource: source,
    async chat(message) {
      const template = found.source && (await templateOf(found.source, config));
      if (template) return renderChat(template, message, config);
      throw new InputError(
        phrase`The checkpoint has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); give the prompt as text (in the terminal: without --chat).`,
      );
    },
    untrained: isUntrained(id),
    stopTokens,
  };
}

const jsonIn = async (source: Source, path: string): Promise<object | null> =>
  (await has(source, path)) ? readJson(source, path) : null;

/** What families have in the place of a tokenizer.json. */
const OTHERS = ['tiktoken.model', 'tokenizer.model', 'vocab.json'];

async function tokenizerOf(source: Source, config: TokenizerConfig): Promise<TextTokenizer> {
  const json = await jsonIn(source, 'tokenizer.json');
  if (json) return parseTokenizer(json, config);
  for (const other of OTHERS) if (await has(source, other)) return withoutTokenizer(other);
  return withoutTokenizer(null);
}

/** A file of its own counts before what tokenizer_config.json has, as in transformers. */
async function templateOf(source: Source, config: TokenizerConfig): Promise<string | null> {
  const file = 'chat_template.jinja';
  if (!(await has(source, file))) return templateIn(config);
  const bytes = await readFile(source, file);
  const wrong = wrongFile(source.nameOf(file), bytes, phrase`a chat template`, 'json');
  if (wrong) throw wrong;
  return new TextDecoder().decode(bytes);
}

async function stopTokensOf(source: Source): Promise<Set<number>> {
  const configs = [textConfigOf(await readJson(source, 'config.json')), await jsonIn(source, 'generation_config.json')];
  const named = configs.flatMap((config) => (config as { eos_token_id?: unknown } | null)?.eos_token_id ?? []);
  return new Set(named.flat().filter((id): id is number => typeof id === 'number'));
}
