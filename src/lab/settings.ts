import { METHOD_IDS, readMethod } from '../connectivity/methods';
import { DRAWN, PRESETS } from '../model/presets';
import { SCHEDULES } from '../schedule/orders';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { because, firstIssue, z } from '../words/zod';

/**
 * The wire's pace: as a bandwidth (1e9 bytes a second) and latency, as communication ÷ computation, or whatever the way
 * between devices takes.
 */
export const LinkSetting = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('speed'), gbps: z.number().positive().max(1e6), us: z.number().nonnegative().max(1e6) }),
  z.object({ kind: z.literal('ratio'), ratio: z.number().positive().max(100) }),
  z.object({ kind: z.literal('native') }),
]);
export type LinkSetting = z.infer<typeof LinkSetting>;

const presetIds: readonly string[] = [...PRESETS, ...DRAWN].map(({ id }) => id);

/** A model as find_model.ts finds it. */
const Model = z
  .string()
  .max(2000)
  .refine(
    (id) => presetIds.includes(id) || id === 'files' || id.startsWith('kept:') || id.includes('/'),
    because(phrase`it should be one of ${presetIds.join(', ')}, or the path or address of a checkpoint folder`),
  );
const Connectivity = z
  .string()
  .refine((written) => readMethod(written) !== null, because(phrase`it should be one of ${METHOD_IDS.join(', ')}`));
/** Ranks in nodes: the link between nodes and what disturbs the links; see cluster/topology.ts. */
const Nodes = z.object({
  nodes: z.number().int().min(1).max(16),
  /** Between nodes; null: as within. */
  between: z.object({ gbps: z.number().positive().max(1e6), us: z.number().nonnegative().max(1e6) }).nullable(),
  jitter: z.number().min(0).max(10),
  slow: z.object({ rank: z.number().int().min(0).max(15), times: z.number().min(1).max(100) }).nullable(),
});
const Parallel = z.enum(['ep', 'tp']);
const Wire = z.enum(['f32', 'bf16']);
const AllReduce = z.enum(['auto', 'direct', 'ring']);
const Text = z.enum(['alice', 'moby_dick', 'emma']);
const Ranks = z.number().int().min(1).max(16);

/** What a measurement is of: one schema for the page and the command line. */
export const Settings = z.object({
  model: Model,
  /** Deal experts out evenly whatever the router says; untrained models only. */
  balanced: z.boolean(),
  /**
   * Text that device 0 prefills, instead of a passage of `text`; the other devices take passages of the same length
   * from `text`.
   */
  prompt: z.string().max(100_000).nullable(),
  text: Text,
  /** Of a passage; a prompt has the tokens that it has. */
  tokens: z.number().int().min(1).max(4096),
  connectivity: z.array(Connectivity).min(1),
  schedule: z.array(z.enum(SCHEDULES)).min(1),
  parallel: Parallel,
  /** How values travel: as computed, or rounded to 16 bits as real systems send them. */
  wire: Wire,
  /** How `tp` adds up; auto: the quicker one for the size. */
  allReduce: AllReduce,
  /** shared: devices take turns on one GPUDevice; separate: a GPUDevice each, and messages go through the host. */
  backing: z.enum(['shared', 'separate']),
  ranks: Ranks,
  link: LinkSetting,
  topology: Nodes,
  /** How many times slower the links are made; null: as many times as there are ranks on the GPU. */
  dilate: z.number().positive().max(1000).nullable(),
  repeats: z.number().int().min(1).max(1000),
  /**
   * Go on beyond `repeats` until the 95 % interval of each speed-up is narrower than this share of it; null: stop
   * there.
   */
  until: z.number().positive().max(1).nullable(),
  /** Seconds after which no further repeat is begun. */
  budget: z.number().positive().max(36000),
  /** Of the jitter. */
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31),
  /** Greedy tokens that continue the prompt after the measurement; 0: none. */
  continuation: z.number().int().min(0).max(256),
});
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  model: 'reference',
  balanced: false,
  prompt: null,
  text: 'alice',
  tokens: 64,
  connectivity: ['regular', 'farskip'],
  schedule: [...SCHEDULES],
  parallel: 'ep',
  wire: 'bf16',
  allReduce: 'auto',
  backing: 'shared',
  ranks: 4,
  link: { kind: 'ratio', ratio: 0.5 },
  topology: { nodes: 1, between: null, jitter: 0, slow: null },
  dilate: null,
  repeats: 5,
  until: null,
  budget: 3600,
  seed: 1,
  continuation: 0,
};

/** What is generated: prompts continued by one connectivity, or by several beside each other. */
export const GenerateSettings = z.object({
  model: Model,
  balanced: z.boolean(),
  /** `config` takes the FarSkip keys of the checkpoint's own config. */
  connectivity: z
    .array(z.union([z.literal('config'), Connectivity]))
    .min(1)
    .max(4),
  schedule: z.enum(SCHEDULES),
  /** Requests of one batch, dealt out to the devices in turn. */
  prompts: z.array(z.string().max(100_000)).min(1, because(phrase`at least one prompt is needed`)).max(64),
  /** Further requests of the batch: passages of `text` as long as the first prompt, one after the other. */
  others: z.number().int().min(0).max(255),
  text: Text,
  /** Tokens that each prompt is continued by at most. */
  tokens: z.number().int().min(1).max(4096),
  /** Prompt tokens of a request that one step takes at most. */
  chunk: z.number().int().min(1).max(4096),
  parallel: Parallel,
  wire: Wire,
  allReduce: AllReduce,
  ranks: Ranks,
  topology: Nodes,
  /** null: a wire that takes no time. */
  link: z.object({ gbps: z.number().positive().max(1e6), us: z.number().nonnegative().max(1e6) }).nullable(),
  dilate: z.number().positive().max(1000).nullable(),
  sampling: z.object({
    temperature: z.number().min(0).max(10),
    topK: z.number().int().min(0).max(1_000_000),
    topP: z.number().gt(0).max(1),
  }),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31),
  /** End a text at the tokens that the model's config names. */
  stopAtEnd: z.boolean(),
});
export type GenerateSettings = z.infer<typeof GenerateSettings>;

export const DEFAULT_GENERATION: GenerateSettings = {
  model: 'reference',
  balanced: false,
  connectivity: ['regular', 'farskip'],
  schedule: 'overlapped',
  prompts: ['Alice was beginning to'],
  others: 0,
  text: 'alice',
  tokens: 48,
  chunk: 64,
  parallel: 'ep',
  wire: 'f32',
  allReduce: 'auto',
  ranks: 4,
  topology: { nodes: 1, between: null, jitter: 0, slow: null },
  link: null,
  dilate: null,
  sampling: { temperature: 0, topK: 0, topP: 1 },
  seed: 1,
  stopAtEnd: true,
};

/** Settings, or an InputError that names the setting and what it should be. */
export function parseSettings<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { where, reason } = firstIssue(parsed.error);
  throw new InputError(phrase`The setting ${where} can't be used: ${reason}.`);
}
