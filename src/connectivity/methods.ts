import type { ModelSpec } from '../model/spec';
import { InputError } from '../words/error';
import { type Phrase, phrase } from '../words/phrase';
import type { Connectivity } from './connectivity';
import { farskipIn, farskipTable, parseSwitches } from './farskip';
import { ladderTable } from './ladder';

/** A way to connect a model's sub-blocks, that settings, links and the command line know by its id. */
export type Method = {
  readonly id: string;
  readonly name: Phrase;
  /** On arXiv; null for what has none of its own. */
  readonly paper: string | null;
} & (
  | { readonly counted: false; readonly table: (spec: ModelSpec) => Connectivity }
  /** Written `id:N`: it changes N of the layers. */
  | { readonly counted: true; readonly table: (spec: ModelSpec, layers: number) => Connectivity }
);

const FARSKIP = '2511.11505';
const lastOf = ({ layers }: ModelSpec): number => layers.length - 1;

/** All methods. To add one, add its table and its line here. */
export const METHODS: readonly Method[] = [
  { id: 'regular', name: phrase`Regular`, paper: null, counted: false, table: (spec) => farskipIn(spec, 0, -1) },
  {
    id: 'farskip',
    name: phrase`${'FarSkip'}`,
    paper: FARSKIP,
    counted: false,
    table: (spec) => farskipIn(spec, 0, lastOf(spec)),
  },
  {
    id: 'attn_only',
    name: phrase`FarSkip, attention alone`,
    paper: FARSKIP,
    counted: false,
    table: (spec) => farskipIn(spec, 0, lastOf(spec), { attn_only_farskip: true }),
  },
  {
    id: 'mlp_only',
    name: phrase`FarSkip, MLP alone`,
    paper: FARSKIP,
    counted: false,
    table: (spec) => farskipIn(spec, 0, lastOf(spec), { mlp_only_farskip: true }),
  },
  {
    id: 'last_half',
    name: phrase`FarSkip, last half of the layers`,
    paper: FARSKIP,
    counted: false,
    table: (spec) => farskipIn(spec, Math.floor(spec.layers.length / 2), lastOf(spec)),
  },
  {
    id: 'last',
    name: phrase`FarSkip, last layers`,
    paper: FARSKIP,
    counted: true,
    table: (spec, layers) => farskipIn(spec, spec.layers.length - layers, lastOf(spec)),
  },
  {
    id: 'first',
    name: phrase`FarSkip, first layers`,
    paper: FARSKIP,
    counted: true,
    table: (spec, layers) => farskipIn(spec, 0, layers - 1),
  },
  { id: 'ladder', name: phrase`Ladder Residual`, paper: '2501.06589', counted: false, table: ladderTable },
];

/** What methods are written as: regular, farskip, …, last:N. */
export const METHOD_IDS: readonly string[] = METHODS.map(({ id, counted }) => (counted ? `${id}:N` : id));

/** Instead of a method: as the checkpoint's own config says. */
export const FROM_CONFIG = 'config';
/** All that settings may say of a connectivity. */
export const CONNECTIVITY_IDS: readonly string[] = [...METHOD_IDS, FROM_CONFIG];
export const isConnectivity = (written: string): boolean => written === FROM_CONFIG || readMethod(written) !== null;

/** The method that is written so, and its number of layers; null when there is none. */
export function readMethod(written: string): { readonly method: Method; readonly layers: number } | null {
  const [, id, count] = /^([a-z_]+)(?::(\d+))?$/.exec(written) ?? [];
  const method = METHODS.find((known) => known.id === id && known.counted === (count !== undefined));
  return method ? { method, layers: Number(count ?? 0) } : null;
}

/**
 * A method's table for a model. Throws InputError for one that is not known, or that asks for more layers than there
 * are.
 */
export function tableOf(written: string, spec: ModelSpec): Connectivity {
  const read = readMethod(written);
  if (!read)
    throw new InputError(phrase`The connectivity "${written}" is not known; known are ${METHOD_IDS.join(', ')}.`);
  const { method, layers } = read;
  if (layers > spec.layers.length)
    throw new InputError(phrase`${written} asks for ${layers} layers, but the model has ${spec.layers.length}.`);
  return method.table(spec, layers);
}

/**
 * What a checkpoint's own config says: the method that its FarSkip keys switch on, and its table. Throws InputError.
 */
export function connectivityIn(
  config: unknown,
  spec: ModelSpec,
): { readonly method: string; readonly table: Connectivity } {
  const switches = parseSwitches(config, spec);
  return { method: switches.farskip ? 'farskip' : 'regular', table: farskipTable(spec, switches) };
}

/** What a method is called; one that is not known, such as of a file, by what is written. */
export function nameOfMethod(written: string): Phrase {
  const read = readMethod(written);
  if (!read) return written === FROM_CONFIG ? phrase`As its config says` : phrase`${written}`;
  return read.method.counted ? phrase`${read.method.name} (${read.layers})` : read.method.name;
}
