import { z } from 'zod';
import { InputError } from './error';
import { deepseekV2 } from './families/deepseek_v2';
import { qwen3Moe } from './families/qwen3_moe';
import type { ModelSpec } from './spec';

const Architectures = z.object({ architectures: z.tuple([z.string()]) });
const KNOWN = [deepseekV2.architecture, qwen3Moe.architecture];

/** ModelSpec of a Hugging Face config.json, already parsed from JSON. Throws InputError when it can't be run. */
export function parseConfig(json: unknown): ModelSpec {
  const named = Architectures.safeParse(json);
  if (!named.success) throw new InputError('config.json names no architecture: "architectures" should be a list of one name.');
  const architecture = named.data.architectures[0];
  switch (architecture) {
    case deepseekV2.architecture:
      return deepseekV2.spec(valid(deepseekV2.config, json));
    case qwen3Moe.architecture:
      return qwen3Moe.spec(valid(qwen3Moe.config, json));
    default:
      throw new InputError(`The architecture ${architecture} is not known here; known are ${KNOWN.join(' and ')}.`);
  }
}

function valid<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(`config.json can't be run here: ${issue?.path.join('.')}: ${issue?.message}.`);
}
