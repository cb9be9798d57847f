import type { Checkpoint, WeightSource } from '../../../model/checkpoint';
import { parseSafetensors, type Tensor, type Tensors } from '../../../model/safetensors';
import { readFile, type Source } from '../../../model/source';
import type { ModelSpec } from '../../../model/spec';
import { checkTensors } from '../../../model/weights';
import { safetensorsOf, type WrittenTensor } from '../../../model/write_safetensors';
import { InputError } from '../../../words/error';
import type { Frozen } from '../../../words/frozen';
import { type Phrase, phrase } from '../../../words/phrase';
import { sha256 } from '../../../words/sha256';
import { whyNot, z } from '../../../words/zod';
import { Manifest } from '../../setup/manifest';
import { TrainSettings } from './settings';

/** The file that a training goes on from: weights, AdamW's averages, and what it told so far. */
export const STATE = 'training.safetensors';

const Step = z.number().int().min(0);
const Told = z.object({
  version: z.literal(1),
  settings: TrainSettings,
  manifest: Manifest,
  /** Of how it computes (vite.shared.ts); older files do not say. */
  programs: z.string().nullable().default(null),
  /** Hashes of what is held out and of the first weights, which tell the data and the model from others. */
  heldOutSha256: z.string(),
  weightsSha256: z.string(),
  /** Before each step: its loss, the norm of its gradients, and the rate that it is made with. */
  curve: z.array(
    z.object({ step: Step, loss: z.number(), gradientNorm: z.number().nullable(), rate: z.number().positive() }),
  ),
  /** Shares of right answers after so many steps. */
  benchmarks: z.array(z.object({ step: Step, score: z.number() })),
  /** Held-out loss, and divergence from the teacher, before the first step. */
  before: z.object({ loss: z.number(), divergence: z.number().nullable() }),
});
export type Told = Frozen<z.output<typeof Told>>;
/** Before a step. */
export type CurvePoint = Told['curve'][number];

/** A training after some of its steps, of which there is one point of the curve each. */
export type State<T> = {
  readonly told: Told;
  readonly weights: ReadonlyMap<string, T>;
  readonly averages: ReadonlyMap<string, T>;
  /** The weights of the best benchmark; none where there was none. */
  readonly best: ReadonlyMap<string, T>;
};

/** Tells one way to compute from another. */
export const PROGRAMS = __PROGRAMS__;

const PARTS = ['weights', 'averages', 'best'] as const;
const TOLD = 'training';

export function stateFile({ told, ...parts }: State<WrittenTensor>): Uint8Array<ArrayBuffer> {
  const values = new TextEncoder().encode(JSON.stringify(told));
  const tensors = PARTS.flatMap((part) =>
    [...parts[part]].map(([name, tensor]) => [`${part}/${name}`, tensor] as const),
  );
  return safetensorsOf(new Map([...tensors, [TOLD, { shape: [values.length], values }] as const]));
}

/** What a training begins with. */
export type Start = Pick<Told, 'heldOutSha256' | 'weightsSha256'> & { readonly spec: ModelSpec };

/** Throws InputError for a file that is no training's, or that of other settings, data or weights. */
export async function readState(
  source: Source,
  path: string,
  settings: TrainSettings,
  { heldOutSha256, weightsSha256, spec }: Start,
): Promise<State<Tensor>> {
  const file = source.nameOf(path);
  const tensors = parseSafetensors(await readFile(source, path), file);
  const told = toldIn(tensors.get(TOLD), file);
  refuseOthers(told.settings, settings);
  if (told.heldOutSha256 !== heldOutSha256)
    throw new InputError(phrase`The training that is to go on learnt from other data than “${settings.data}” is now.`);
  if (told.weightsSha256 !== weightsSha256)
    throw new InputError(phrase`The training that is to go on began with other weights than ${settings.model} has.`);
  const [weights, averages, best] = PARTS.map((part) => partOf(tensors, `${part}/`)) as [Tensors, Tensors, Tensors];
  checkTensors(spec, weights);
  if (best.size > 0) checkTensors(spec, best);
  return { told, weights, averages, best };
}

function toldIn(tensor: Tensor | undefined, file: string): Told {
  if (!tensor) throw new InputError(phrase`${file} has no tensor “${TOLD}”: it is not what a training is kept in.`);
  const parsed = Told.safeParse(jsonIn(tensor.bytes));
  if (parsed.success) return parsed.data;
  throw new InputError(phrase`${file} can't be used: ${whyNot(parsed.error)}.`);
}

/** null for what is no JSON, which no schema takes. */
function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

/** What may differ when a training goes on: paths too, for what they lead to is told by hashes. */
const FREE: readonly string[] = ['resume', 'keep', 'saveEvery', 'model', 'data'];

function refuseOthers(theirs: TrainSettings, own: TrainSettings): void {
  for (const [name, value] of Object.entries(own)) {
    const other = theirs[name as keyof TrainSettings];
    if (!FREE.includes(name) && JSON.stringify(value) !== JSON.stringify(other))
      throw new InputError(
        phrase`The training that is to go on has ${name} ${JSON.stringify(other)}, not ${JSON.stringify(value)}; give its settings.`,
      );
  }
}

const partOf = (tensors: Tensors, prefix: string): Tensors =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), { ...tensor, name: name.slice(prefix.length) }]] : [],
    ),
  );

/** A hash of weights: of those that are drawn, of how they are. */
export async function weightsSha256(weights: WeightSource): Promise<string> {
  if (weights.kind === 'drawn') return textSha256(JSON.stringify(weights));
  const parts: string[] = [];
  for await (const { name, bytes } of weights.tensors()) parts.push(name, await sha256(new Uint8Array(bytes)));
  return textSha256(parts.join('\n'));
}

const textSha256 = (text: string): Promise<string> => sha256(new TextEncoder().encode(text));

/** What the same settings may give other bits for; null where it is all as it was. */
export function changeSince(before: Pick<Told, 'manifest' | 'programs'>, now: Manifest): Phrase | null {
  const of = ({ adapter, kernels, variants }: Manifest) => JSON.stringify([adapter, kernels, variants]);
  return before.programs === PROGRAMS && of(before.manifest) === of(now)
    ? null
    : phrase`The training began on another GPU, or with other kernels: from here on its last digits may be others.`;
}

/** A checkpoint with other weights. */
export const withWeights = (checkpoint: Checkpoint, tensors: Tensors): Checkpoint => ({
  ...checkpoint,
  weights: {
    kind: 'stored',
    bytes: [...tensors.values()].reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
    files: [],
    async *tensors() {
      yield* tensors.values();
    },
  },
});
