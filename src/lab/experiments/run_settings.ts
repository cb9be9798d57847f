import { CONNECTIVITY_IDS, isConnectivity } from '../../connectivity/methods';
import { DRAWN, PRESETS } from '../../model/presets';
import { InputError } from '../../words/error';
import type { Frozen } from '../../words/frozen';
import { phrase } from '../../words/phrase';
import { because, firstIssue, z } from '../../words/zod';

const presetIds: readonly string[] = [...PRESETS, ...DRAWN].map(({ id }) => id);

/** A link's bandwidth (1e9 bytes a second) and latency. */
export const Speed = z.object({ gbps: z.number().positive().max(1e6), us: z.number().nonnegative().max(1e6) });
export type Speed = Frozen<z.output<typeof Speed>>;

/** What a text is drawn from, how many tokens it has, and how often something is run: bounds for all experiments. */
export const Tokens = z.number().int().min(1).max(4096);
export const Repeats = z.number().int().min(1).max(1000);
export const Prompt = z.string().max(100_000);

/** Ranks in nodes: the link between nodes and what disturbs the links (network/topology.ts). */
export const Nodes = z.object({
  nodes: z.number().int().min(1).max(16),
  /** Between nodes; null: as within. */
  between: Speed.nullable(),
  jitter: z.number().min(0).max(10),
  slow: z.object({ rank: z.number().int().min(0).max(15), times: z.number().min(1).max(100) }).nullable(),
});

/** Whether a model is of files handed over: `files`, or `files:NAME` where their folder's name is known. */
export const isFiles = (model: string): boolean => /^files(:|$)/.test(model);

/** What a model is called: the name of its folder, or that of a preset. */
export const nameOfModel = (model: string): string =>
  model
    .replace(/^(files|kept):/, '')
    .replace(/[/\\]+$/, '')
    .replace(/^.*[/\\]/, '') || model;

/** What all experiments that run a model share: which model, connected how, on which devices, over which links. */
export const RunSettings = z.object({
  /** As find_model.ts finds it. */
  model: z
    .string()
    .max(2000)
    .refine(
      (id) => presetIds.includes(id) || isFiles(id) || id.startsWith('kept:') || id.includes('/'),
      because(phrase`it should be one of ${presetIds.join(', ')}, or the path or address of a checkpoint folder`),
    ),
  /** Deal experts out evenly whatever the router says; untrained models only. */
  balanced: z.boolean(),
  /** Methods by their ids; `config`: as the checkpoint's own config says. */
  connectivity: z
    .array(z.string().refine(isConnectivity, because(phrase`it should be one of ${CONNECTIVITY_IDS.join(', ')}`)))
    .min(1)
    .max(32)
    .refine((own) => new Set(own).size === own.length, because(phrase`it should name each connectivity once`)),
  text: z.enum(['alice', 'moby_dick', 'emma']),
  /** ep: sequences are dealt out and experts spread; tp: heads, channels and experts are spread. */
  parallel: z.enum(['ep', 'tp']),
  /** How values travel: as computed, or rounded to 16 bits as real systems send them. */
  wire: z.enum(['f32', 'bf16']),
  /** How `tp` adds up; auto: the quicker one for the size. */
  allReduce: z.enum(['auto', 'direct', 'ring']),
  ranks: z.number().int().min(1).max(16),
  topology: Nodes,
  /** How many times slower the links are made; null: as many times as there are ranks on the GPU. */
  dilate: z.number().positive().max(1000).nullable(),
  /** Of all that is drawn: jitter, tokens. */
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31),
});
export type RunSettings = Frozen<z.output<typeof RunSettings>>;

export const DEFAULT_RUN_SETTINGS: RunSettings = {
  model: 'reference',
  balanced: false,
  connectivity: ['regular', 'farskip'],
  text: 'alice',
  parallel: 'ep',
  wire: 'bf16',
  allReduce: 'auto',
  ranks: 4,
  topology: { nodes: 1, between: null, jitter: 0, slow: null },
  dilate: null,
  seed: 1,
};

/** Settings, or an InputError that names the setting and what it should be. */
export function parseSettings<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { where, reason } = firstIssue(parsed.error);
  throw new InputError(phrase`The setting ${where} can't be used: ${reason}.`);
}

/**
 * A settings schema as files are read by it: what was added since has its default, and models and methods that are not
 * known here are read all the same.
 */
export function inFiles<S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  defaults: Frozen<z.output<z.ZodObject<S>>>,
): z.ZodObject<S> {
  const open: z.ZodRawShape = { model: z.string().max(2000), connectivity: z.array(z.string().max(200)).min(1) };
  const shape = Object.entries({ ...schema.shape, ...open }).map(([key, field]) => [
    key,
    (field as z.ZodType).default((defaults as Readonly<Record<string, unknown>>)[key]),
  ]);
  return z.object(Object.fromEntries(shape)) as unknown as z.ZodObject<S>;
}
