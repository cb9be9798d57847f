import type { z } from '../words/zod';
import type { ModelSpec } from './spec';

/**
 * A family of checkpoints: the architecture that its config.json names, the keys read from it, and what they mean. The
 * spec may throw InputError for keys that don't fit each other, with what is wrong as a part of a sentence.
 */
export type Family<Config extends z.ZodType = z.ZodType> = {
  readonly architecture: string;
  readonly config: Config;
  spec(config: z.infer<Config>): ModelSpec;
};
