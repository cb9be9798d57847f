import { InputError } from '../words/error';
import { type Phrase, phrase, quoted } from '../words/phrase';
import { whyNot, z } from '../words/zod';
import { deepseekV2, deepseekV3, instella } from './families/deepseek';
import { llama4, llama4Whole } from './families/llama4';
import { mixtral } from './families/mixtral';
import { qwen3Moe } from './families/qwen3_moe';
import type { Family } from './family';
import type { ModelSpec } from './spec';

const Architectures = z.object({ architectures: z.tuple([z.string()]) });
const FAMILIES = [mixtral, qwen3Moe, deepseekV2, deepseekV3, instella, llama4, llama4Whole];

/**
 * The config of the language model: that of a model of several parts has it as `text_config`, beside keys of the whole.
 */
export function textConfigOf(json: object): object {
  const { text_config: text } = json as { readonly text_config?: unknown };
  const { architectures } = json as { readonly architectures?: unknown };
  return typeof text === 'object' && text !== null ? { ...json, ...text, architectures } : json;
}

/**
 * ModelSpec of a Hugging Face config.json, already parsed from JSON (`textConfigOf`). Throws InputError when it can't
 * be run.
 */
export function parseConfig(json: unknown): ModelSpec {
  const named = Architectures.safeParse(json);
  if (!named.success)
    throw new InputError(phrase`config.json names no architecture: "architectures" should be a list of one name.`);
  const architecture = named.data.architectures[0];
  const family = (FAMILIES as readonly Family[]).find((known) => known.architecture === architecture);
  if (!family) {
    const known = FAMILIES.map((each) => each.architecture);
    throw new InputError(
      phrase`The architecture ${quoted(architecture)} is not known here; known are ${known.slice(0, -1).join(', ')} and ${known.at(-1)!}.`,
    );
  }
  const parsed = family.config.safeParse(json);
  const refused = (why: Phrase) => new InputError(phrase`config.json can't be run here: ${why}.`);
  if (!parsed.success) throw refused(whyNot(parsed.error));
  let spec: ModelSpec;
  try {
    spec = family.spec(parsed.data);
  } catch (cause) {
    throw cause instanceof InputError ? refused(cause.phrase) : cause;
  }
  if (spec.rope.dim % 2 !== 0)
    throw refused(phrase`RoPE needs an even number of columns a head, found ${spec.rope.dim}`);
  for (const { attention, feedForward } of spec.layers) {
    if (attention.kind === 'gqa' && (attention.heads % attention.kvHeads !== 0 || !Number.isInteger(attention.headDim)))
      throw refused(
        phrase`${attention.heads} heads of ${attention.headDim} columns can't share ${attention.kvHeads} key heads`,
      );
    if (feedForward.kind === 'moe' && feedForward.topK > feedForward.experts)
      throw refused(phrase`${feedForward.topK} experts a token can't be chosen from ${feedForward.experts}`);
  }
  return spec;
}
