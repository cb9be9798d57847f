import { isMoe, type ModelSpec } from '../model/spec';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { wholeNumber, whyNot, z } from '../words/zod';
import type { Connectivity, Term } from './connectivity';

/** The FarSkip keys of a config.json, named as the public implementation names them; both indices are inclusive. */
type Switches = {
  readonly farskip: boolean;
  readonly farskip_start_idx: number;
  readonly farskip_end_idx: number;
  readonly attn_only_farskip: boolean;
  readonly mlp_only_farskip: boolean;
};

const Index = wholeNumber().nonnegative().nullish();
const Keys = z.object({
  farskip: z.boolean().default(false),
  farskip_start_idx: Index,
  farskip_end_idx: Index,
  attn_only_farskip: z.boolean().default(false),
  mlp_only_farskip: z.boolean().default(false),
});

/**
 * Switches in a parsed JSON object: absent keys mean the regular model, absent indices all layers, and so
 * does an end beyond the last, as the public model reads it (its default is 10000). Throws InputError.
 */
export function parseSwitches(json: unknown, spec: ModelSpec): Switches {
  const parsed = Keys.safeParse(json);
  if (!parsed.success) throw new InputError(phrase`The FarSkip keys can't be read: ${whyNot(parsed.error)}.`);
  const keys = parsed.data;
  const last = spec.layers.length - 1;
  const switches = {
    farskip: keys.farskip,
    farskip_start_idx: keys.farskip_start_idx ?? 0,
    farskip_end_idx: Math.min(keys.farskip_end_idx ?? last, last),
    attn_only_farskip: keys.attn_only_farskip,
    mlp_only_farskip: keys.mlp_only_farskip,
  };
  if (switches.attn_only_farskip && switches.mlp_only_farskip)
    throw new InputError(phrase`attn_only_farskip and mlp_only_farskip exclude each other: at most one may be true.`);
  return switches;
}

/**
 * The table of a model under the FarSkip switches: attention leaves out the last routed experts' output, the
 * feed-forward block leaves out its own layer's attention (FarSkip-Collective, arXiv 2511.11505).
 */
export function farskipTable(spec: ModelSpec, switches: Switches): Connectivity {
  return spec.layers.map((_, layer) => {
    const on = switches.farskip && switches.farskip_start_idx <= layer && layer <= switches.farskip_end_idx;
    const before = spec.layers[layer - 1];
    const attention: Term[] =
      on && !switches.mlp_only_farskip && before && isMoe(before) ? [`routed.${layer - 1}`] : [];
    const feedForward: Term[] = on && !switches.attn_only_farskip ? [`attention.${layer}`] : [];
    return { attention, shared: feedForward, routed: feedForward };
  });
}

/** FarSkip in the layers from `first` to `last`, with the switches given. */
export const farskipIn = (spec: ModelSpec, first: number, last: number, more: Partial<Switches> = {}): Connectivity =>
  farskipTable(spec, switchesOf(first, last, more));

const switchesOf = (first: number, last: number, more: Partial<Switches>): Switches => ({
  farskip: first <= last,
  farskip_start_idx: first,
  farskip_end_idx: last,
  attn_only_farskip: false,
  mlp_only_farskip: false,
  ...more,
});

/**
 * The FarSkip keys by which a config.json says a table; null where they can't, as for another method.
 */
export function switchesFor(spec: ModelSpec, table: Connectivity): Switches | null {
  const wanted = JSON.stringify(table);
  const layers = spec.layers.map((_, layer) => layer);
  const kinds = [{}, { attn_only_farskip: true }, { mlp_only_farskip: true }];
  const all = [
    ...kinds.flatMap((kind) => layers.flatMap((first) => layers.map((last) => ({ first, last, kind })))),
    { first: 0, last: -1, kind: {} },
  ];
  const found = all.find(({ first, last, kind }) => JSON.stringify(farskipIn(spec, first, last, kind)) === wanted);
  return found ? switchesOf(found.first, found.last, found.kind) : null;
}
