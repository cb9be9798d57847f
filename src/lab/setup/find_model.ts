import type { Connectivity } from '../../connectivity/connectivity';
import { connectivityIn, FROM_CONFIG, tableOf } from '../../connectivity/methods';
import { type Checkpoint, openCheckpoint } from '../../model/checkpoint';
import { parseConfig, textConfigOf } from '../../model/config';
import { DRAWN, DRAWN_SEED, PRESETS } from '../../model/presets';
import { readJson, type Source, within } from '../../model/source';
import type { ModelSpec } from '../../model/spec';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { whyNot, z } from '../../words/zod';
import { keptModel } from './kept_models';

/** Where models are looked for: files by path or address, and those handed over with the job. */
export type Places = { readonly source: Source; readonly dropped: Source | null };

/**
 * A model as settings name it: a preset's id; `files` or `files:NAME`, those dropped on the page; `kept:NAME`, one kept
 * in the browser's storage; or a folder's path or address.
 */
export type FoundModel = {
  /** Its files; null for a model drawn from a seed. */
  readonly source: Source | null;
  /** The checkpoint whose weights runs of a connectivity use; the same object for connectivities that share one. */
  readonly checkpointOf: (connectivity: string) => Promise<Checkpoint>;
  /** The same model with weights drawn from a seed, by the deviation that its config says, as transformers does. */
  readonly freshOf: (seed: number) => Promise<Checkpoint>;
  /** Methods that its weights were made for, that of its own config first; none for a drawn one. */
  readonly madeFor: () => Promise<readonly string[]>;
};

/** Throws InputError when there is no such model. `balanced` forces balanced routing, of drawn models only. */
export async function findModel(places: Places, id: string, balanced: boolean): Promise<FoundModel> {
  const drawn = DRAWN.find((preset) => preset.id === id);
  if (drawn) {
    const spec = parseConfig(drawn.config);
    const checkpoint: Checkpoint = {
      spec: balanced ? withBalancedRouting(spec) : spec,
      config: drawn.config,
      weights: { kind: 'drawn', seed: DRAWN_SEED },
      leftOut: 0,
    };
    return {
      source: null,
      checkpointOf: async () => checkpoint,
      freshOf: async (seed) => freshFrom(drawn.config, seed),
      madeFor: async () => [],
    };
  }
  if (balanced)
    throw new InputError(
      phrase`Balanced routing can be forced for untrained models only: a trained one needs its own.`,
    );
  const preset = PRESETS.find((known) => known.id === id);
  const source = preset ? within(places.source, preset.folder) : await sourceOf(places, id);
  const converted = new Map(
    Object.entries(preset?.converted ?? {}).map(([method, folder]) => [method, within(places.source, folder)]),
  );
  const opened = new Map<Source, Promise<Checkpoint>>();
  const checkpointFrom = (place: Source): Promise<Checkpoint> => {
    const known = opened.get(place) ?? openCheckpoint(place);
    opened.set(place, known);
    return known;
  };
  return {
    source,
    async madeFor() {
      const { config, spec } = await checkpointFrom(source);
      return [connectivityIn(config, spec).method, ...converted.keys()];
    },
    freshOf: async (seed) => freshFrom(textConfigOf(await readJson(source, 'config.json')), seed),
    checkpointOf: (connectivity) => checkpointFrom(converted.get(connectivity) ?? source),
  };
}

/** As transformers draws weights where a config does not say. */
const USUAL_DEVIATION = 0.02;
const Deviation = z.object({ initializer_range: z.number().positive().nullish() });

function freshFrom(config: object, seed: number): Checkpoint {
  const read = Deviation.safeParse(config);
  if (!read.success) throw new InputError(phrase`config.json can't be used: ${whyNot(read.error)}.`);
  const deviation = read.data.initializer_range ?? USUAL_DEVIATION;
  return { spec: parseConfig(config), config, weights: { kind: 'drawn', seed, deviation }, leftOut: 0 };
}

/**
 * The table of a connectivity for a checkpoint: what its own config says for `config`, and for the method that the
 * config names; else that of the method. Throws InputError for a method that is not known.
 */
export function connectivityOf(name: string, { spec, config }: Checkpoint): Connectivity {
  const own = connectivityIn(config, spec);
  return name === FROM_CONFIG || name === own.method ? own.table : tableOf(name, spec);
}

async function sourceOf(places: Places, id: string): Promise<Source> {
  if (/^files(:|$)/.test(id)) {
    if (!places.dropped)
      throw new InputError(phrase`No files were handed over; choose or drop a checkpoint folder first.`);
    return places.dropped;
  }
  if (id.startsWith('kept:')) return keptModel(id.slice('kept:'.length));
  if (!id.includes('/')) {
    const known = [...PRESETS, ...DRAWN].map((preset) => preset.id).join(', ');
    throw new InputError(phrase`There is no model ${id}; there are ${known}, or the path or address of a folder.`);
  }
  return within(places.source, id.replace(/\/+$/, ''));
}

const withBalancedRouting = (spec: ModelSpec): ModelSpec => ({
  ...spec,
  layers: spec.layers.map((layer) =>
    layer.feedForward.kind === 'moe'
      ? { ...layer, feedForward: { ...layer.feedForward, router: { ...layer.feedForward.router, balanced: true } } }
      : layer,
  ),
});
