import { Template } from '@huggingface/jinja';
import { InputError } from '../words/error';
import { phrase, quoted, wordsOf } from '../words/phrase';
import { z } from '../words/zod';
import type { TokenizerConfig } from './tokenizer';

const Templates = z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() })).min(1)]);

/** The template that a tokenizer_config.json has, of several the one called `default`; null where it has none. */
export function templateIn({ chat_template: given }: TokenizerConfig): string | null {
  if (given === undefined || given === null) return null;
  const parsed = Templates.safeParse(given);
  if (!parsed.success)
    throw new InputError(
      phrase`chat_template in tokenizer_config.json can't be used: it should be a text, or a list of templates with names.`,
    );
  if (typeof parsed.data === 'string') return parsed.data;
  const chosen =
    parsed.data.find(({ name }) => name === 'default') ?? (parsed.data.length === 1 ? parsed.data[0] : null);
  if (chosen) return chosen.template;
  const names = parsed.data.map(({ name }) => name).join(', ');
  throw new InputError(
    phrase`chat_template in tokenizer_config.json has ${quoted(names)}, but none is called default; give one that name.`,
  );
}

/**
 * What a user's message is in the words of a chat template, up to where the model answers, as transformers renders it.
 * Throws InputError.
 */
export function renderChat(template: string, message: string, { bos_token, eos_token }: TokenizerConfig): string {
  try {
    return new Template(template).render({
      messages: [{ role: 'user', content: message }],
      add_generation_prompt: true,
      tools: null,
      documents: null,
      bos_token: bos_token ?? '',
      eos_token: eos_token ?? '',
    });
  } catch (cause) {
    throw new InputError(phrase`The checkpoint's chat template can't be rendered: ${quoted(wordsOf(cause))}.`);
  }
}
