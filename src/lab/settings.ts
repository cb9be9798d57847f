import { z } from 'zod';
import { InputError } from '../model/error';
import { PRESETS } from '../model/presets';

/** The wire's pace: as a bandwidth (1e9 bytes a second) and latency, or as communication ÷ computation. */
export const LinkSetting = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('speed'), gbps: z.number().positive().max(1e6), us: z.number().nonnegative().max(1e6) }),
  z.object({ kind: z.literal('ratio'), ratio: z.number().positive().max(100) }),
]);
export type LinkSetting = z.infer<typeof LinkSetting>;

const presetIds = PRESETS.map(({ id }) => id) as [string, ...string[]];

/** What a measurement is of: one schema for the page and the command line. */
export const Settings = z.object({
  model: z.enum(presetIds),
  /** Text whose first tokens device 0 prefills; the other devices take passages of the same length from `text`. */
  prompt: z.string().max(100_000).nullable(),
  text: z.enum(['alice', 'moby_dick', 'emma']),
  /** Tokens a device at most. */
  tokens: z.number().int().min(1).max(4096),
  connectivity: z.array(z.enum(['regular', 'farskip', 'attn_only', 'mlp_only', 'last_half'])).min(1),
  schedule: z.array(z.enum(['blocking', 'overlapped'])).min(1),
  parallel: z.literal('ep'),
  backing: z.literal('shared'),
  ranks: z.number().int().min(1).max(16),
  link: LinkSetting,
  /** How many times slower the links are made; null: as many times as there are ranks on the GPU. */
  dilate: z.number().positive().max(1000).nullable(),
  repeats: z.number().int().min(1).max(1000),
  /** Greedy tokens that continue the prompt after the measurement; 0: none. */
  continuation: z.number().int().min(0).max(256),
});
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  model: 'reference',
  prompt: null,
  text: 'alice',
  tokens: 64,
  connectivity: ['regular', 'farskip'],
  schedule: ['blocking', 'overlapped'],
  parallel: 'ep',
  backing: 'shared',
  ranks: 4,
  link: { kind: 'ratio', ratio: 0.5 },
  dilate: null,
  repeats: 5,
  continuation: 0,
};

/** Settings, or an InputError that names the setting and what it should be. */
export function parseSettings(value: unknown): Settings {
  const parsed = Settings.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new InputError(`The setting ${issue.path.join('.')} can't be used: ${issue.message}.`);
}
