import { isUntrained, PRESETS } from '../../model/presets';
import { has, readJson, type Source, within } from '../../model/source';
import { parseTokenizer, type TextTokenizer } from '../../model/tokenizer';
import { type FoundModel, findModel, type Places } from './find_model';

/** A model with what it takes to read and write text by it. */
export type ChosenModel = FoundModel & {
  readonly tokenizer: TextTokenizer;
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
  const tokenizer = parseTokenizer(
    await readJson(found.source ?? within(places.source, PRESETS[0].folder), 'tokenizer.json'),
  );
  return {
    ...found,
    tokenizer,
    untrained: isUntrained(id),
    stopTokens: found.source ? await stopTokensOf(found.source) : new Set(),
  };
}

async function stopTokensOf(source: Source): Promise<Set<number>> {
  const configs = [await readJson(source, 'config.json')];
  if (await has(source, 'generation_config.json')) configs.push(await readJson(source, 'generation_config.json'));
  const named = configs.flatMap((config) => (config as { eos_token_id?: unknown }).eos_token_id ?? []);
  return new Set(named.flat().filter((id): id is number => typeof id === 'number'));
}
