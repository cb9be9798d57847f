import type { Plan } from '../model/plan';
import { SQUARES } from './backward_kernels';
import { type Builder, builderOn, type Place } from './builder';
import { dependenciesOf } from './dependencies';
import { placeOfWeight } from './derivative/place_of_weight';
import { type Bucket, bucketed, bucketsOf, ROW } from './gradient_buckets';
import { type AllReducePlace, lowerAllGather, lowerAllReduce, lowerReduceScatter } from './lower_all_reduce';
import type { Training } from './lower_training';
import { INPUTS, type KeptValue, outputsOf, type Program, type Spread } from './program';

/** AdamW's settings but for the rate, which may differ from step to step. */
export type AdamW = {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
};

export type UpdateOptions = {
  readonly adamw: AdamW;
  /** What the norm of all gradients is held to. */
  readonly clip?: number | null;
  /** Whether gradients of passes before this one are added. */
  readonly accumulated?: boolean;
  /** Whether each rank holds a shard of the running averages of what all hold, and updates that. */
  readonly sharded?: boolean;
  /** Weights that stay as they are. */
  readonly frozen?: ReadonlySet<string> | undefined;
  /** How gradients that ranks share are added up. */
  readonly allReduce: Spread['algorithm'];
};

const AVERAGES = ['mean of', 'square of'] as const;

/** The running averages that AdamW's steps of a program keep on each rank. */
export const averagesIn = ({ values }: Program): KeptValue[] =>
  [...values.values()].flatMap((value) =>
    value.lives === 'kept' && value.origin === 'zeros' && AVERAGES.some((part) => value.name.startsWith(`${part} `))
      ? [value]
      : [],
  );

/** The norm of all gradients, as it was before it was held to a limit: an output where there is one. */
export const GRADIENT_NORM = 'gradient norm';

/**
 * A training pass whose gradients are added to those of other passes of the same step, and kept: what comes before the
 * last pass of a step (`lowerUpdate`, accumulated).
 */
export function lowerAccumulation(training: Training, plan: Plan, frozen?: UpdateOptions['frozen']): Program {
  const build = builderOn(training.program, 'update');
  store(build, training, plan, { accumulated: true, frozen });
  return finished(build, training, []);
}

/**
 * A training pass, and after it a step of AdamW on each of the weights, in place. Gradients of what all ranks hold are
 * first added up over them, in buckets, so that all of them make the same step; those of experts stay where they are.
 * The running averages are kept beside the weights, or sharded.
 */
export function lowerUpdate(training: Training, plan: Plan, options: UpdateOptions): Program {
  const { clip = null } = options;
  const build = builderOn(training.program, 'update');
  build.input({ name: INPUTS.step, rows: 1, cols: 4 });
  const { own, buckets, counts } = store(build, training, plan, options);
  const groups = [
    ...own.map((one) => sharedOf(build, one, plan)),
    ...buckets.map((bucket) => summed(build, bucket, plan, options)),
  ];
  const step = clip === null ? INPUTS.step : clipped(build, groups, plan.ranks, clip);
  for (const group of groups) {
    if (group.kind === 'shard') updateByShards(build, group, step, plan, options);
    else for (const { weight, at } of group.weights) updateWeight(build, weight, group.value, at, step, options.adamw);
  }
  // Counts are no gradients: they have no part in the norm, and each rank needs all of them.
  const { balance } = training;
  if (balance?.kind === 'bias')
    for (const bucket of counts) {
      const all = lowerAllReduce(build, bucket.name, placeOf(bucket, plan.ranks, 'direct'));
      for (const { weight, at } of bucket.parts) moveBias(build, weight, all, at, balance.rate);
    }
  return asSoonAsCan(finished(build, training, clip === null ? [] : [GRADIENT_NORM]));
}

/** The program, whose gradients are no outputs any more. */
function finished(build: Builder, { program, gradients, counts }: Training, more: readonly string[]): Program {
  const own = new Set([...gradients.values(), ...counts.values()]);
  return build.finish([...program.outputs.filter((name) => !own.has(name)), ...more]);
}

/** Gradients of some weights that a step is made by, one after the other in a value; or a rank's shard of a bucket. */
type Group = {
  readonly value: string;
  readonly weights: readonly { readonly weight: string; readonly at: number }[];
  /** How many ranks have the same. */
  readonly share: number;
} & ({ readonly kind: 'whole' } | { readonly kind: 'shard'; readonly bucket: Bucket });

/** A weight and what it is updated by. */
type One = { readonly weight: string; readonly gradient: string };

/**
 * Gradients where they lie until they are summed: those of what all ranks hold in kept buckets, one after the other;
 * the others as they are, or added to a kept sum.
 */
function store(
  build: Builder,
  { program, gradients, counts }: Training,
  plan: Plan,
  { accumulated = false, frozen = new Set() }: Pick<UpdateOptions, 'accumulated' | 'frozen'>,
): { readonly own: readonly One[]; readonly buckets: readonly Bucket[]; readonly counts: readonly Bucket[] } {
  if (accumulated) build.input({ name: INPUTS.begun, rows: 1, cols: 1 });
  const all = [...gradients].flatMap(([weight, gradient]): One[] => (frozen.has(weight) ? [] : [{ weight, gradient }]));
  const shared = all.filter(({ weight }) => plan.ranks > 1 && splitOf(program, weight) === 'replicated');
  const writtenAt = new Map(program.operations.flatMap((op) => outputsOf(op).map((name) => [name, op.id] as const)));
  const buckets = bucketsOf(
    shared.toSorted((a, b) => writtenAt.get(a.gradient)! - writtenAt.get(b.gradient)!),
    (name) => sizeOf(build, name),
    plan.ranks,
  );
  const ofCounts = bucketsOf(
    [...counts].map(([weight, gradient]) => ({ weight, gradient })),
    (name) => sizeOf(build, name),
    plan.ranks,
    'counts',
  );
  for (const bucket of [...buckets, ...ofCounts]) bucketed(build, bucket, accumulated);
  const own = all
    .filter((one) => !shared.includes(one))
    .map(({ weight, gradient }): One => {
      if (!accumulated) return { weight, gradient };
      const { rows, cols } = build.shapeOf(gradient);
      const sum = build.keep({ name: `sum of ${gradient}`, rows, cols });
      const sizes = { rows, width: cols, at: 0 };
      const inputs = [gradient, INPUTS.begun];
      build.compute(placeOfWeight(weight), 'add to gradients', { kernel: 'accumulate', sizes }, { inputs }, sum);
      return { weight, gradient: sum };
    });
  return { own, buckets, counts: ofCounts };
}

const splitOf = ({ values }: Program, weight: string) => (values.get(weight) as KeptValue | undefined)?.split;

function sizeOf(build: Builder, name: string): number {
  const { rows, cols } = build.shapeOf(name);
  return (rows as number) * cols;
}

/** The gradient of a weight that some ranks hold alike, summed over these; else this rank's own. */
function sharedOf(build: Builder, { weight, gradient }: One, plan: Plan): Group {
  const share = sharersOf(build.keptOf(weight), plan);
  const value = share > 1 ? sumOverRanks(build, gradient, placeOfWeight(weight), plan.ranks, share) : gradient;
  return { kind: 'whole', value, weights: [{ weight, at: 0 }], share };
}

/** How many ranks hold the same part of a weight. */
export function sharersOf({ split }: KeptValue, { ranks }: Plan): number {
  if (split === 'replicated') return ranks;
  return split === 'own' ? 1 : Math.max(1, ranks / split.blocks);
}

/** A bucket summed over the ranks: on each all of it, or its shard. */
function summed(build: Builder, bucket: Bucket, { ranks }: Plan, { sharded, allReduce }: UpdateOptions): Group {
  const at = placeOf(bucket, ranks, allReduce);
  const { name, parts: weights } = bucket;
  return sharded
    ? { kind: 'shard', value: lowerReduceScatter(build, name, at), weights, share: 1, bucket }
    : { kind: 'whole', value: lowerAllReduce(build, name, at), weights, share: ranks };
}

const placeOf = ({ name, rows, place }: Bucket, ranks: number, algorithm: Spread['algorithm']): AllReducePlace => ({
  layer: place.layer,
  rows,
  shard: rows / ranks,
  width: ROW,
  ranks,
  wire: 'f32',
  algorithm,
  label: name,
});

function sumOverRanks(build: Builder, gradient: string, { layer }: Place, ranks: number, share: number): string {
  const { rows, cols } = build.shapeOf(gradient);
  const parts = build.spread(
    { name: 'All-reduce', block: 'all-reduce', layer, algorithm: 'direct', input: gradient, kind: 'all-gather' },
    { name: `${gradient} of all ranks`, rows: (rows as number) * ranks, cols },
  );
  return build.compute(
    { block: 'all-reduce', layer },
    'sum of gradients',
    { kernel: 'sum_shared', sizes: { rows, width: cols, parts: ranks, share, rank: 'rank' } },
    { inputs: [parts] },
    { name: `${gradient} in all`, rows, cols },
  );
}

/** The step, with gradients made smaller where the norm of all of them, on all ranks, is above a limit. */
function clipped(build: Builder, groups: readonly Group[], ranks: number, limit: number): string {
  const place = { block: 'all-reduce', layer: null } as const;
  const rows = groups.length;
  const parts = build.keep({ name: 'squares of gradients', rows, cols: SQUARES });
  for (const [at, { value, share }] of groups.entries()) {
    const { rows, cols } = build.shapeOf(value);
    const sizes = { rows, width: cols, at, scale: 1 / share };
    build.compute(place, 'squares of gradients', { kernel: 'sum_squares', sizes }, { inputs: [value] }, parts);
  }
  const all =
    ranks === 1
      ? parts
      : build.spread(
          { name: 'All-gather', ...place, algorithm: 'direct', input: parts, kind: 'all-gather' },
          { name: `${parts} of all ranks`, rows: rows * ranks, cols: SQUARES },
        );
  return build.compute(
    place,
    'clip gradients',
    { kernel: 'clip_step', sizes: { rows: rows * ranks, limit } },
    { inputs: [all, INPUTS.step] },
    { name: 'clipped step', rows: 1, cols: 4 },
    { name: GRADIENT_NORM, rows: 1, cols: 1 },
  );
}

function updateWeight(build: Builder, weight: string, gradient: string, at: number, step: string, adamw: AdamW): void {
  const { rows, cols } = build.shapeOf(weight);
  const averages = AVERAGES.map((part) => build.keep({ name: `${part} d ${weight}`, rows, cols }));
  build.compute(
    placeOfWeight(weight),
    'AdamW',
    { kernel: 'adamw', sizes: { rows, width: cols, at, ...adamw } },
    { inputs: [gradient, step] },
    weight,
    ...averages,
  );
}

function moveBias(build: Builder, bias: string, counts: string, at: number, rate: number): void {
  const sizes = { experts: sizeOf(build, bias), at, rate };
  build.compute(placeOfWeight(bias), 'balance', { kernel: 'balance_bias', sizes }, { inputs: [counts] }, bias);
}

/** Each rank computes its shard of the changes, and all gather them. */
function updateByShards(
  build: Builder,
  { value, bucket, weights }: Extract<Group, { kind: 'shard' }>,
  step: string,
  { ranks }: Plan,
  { adamw, allReduce }: UpdateOptions,
): void {
  const { name, place } = bucket;
  const { rows, cols } = build.shapeOf(value);
  const averages = AVERAGES.map((part) => build.keep({ name: `${part} ${name}`, rows, cols }));
  const { beta1, beta2, eps, decay } = adamw;
  const change = build.compute(
    place,
    'AdamW of a shard',
    { kernel: 'adamw_change', sizes: { rows, width: cols, beta1, beta2, eps } },
    { inputs: [value, step] },
    { name: `change of ${name}`, rows, cols },
    ...averages,
  );
  const all = lowerAllGather(build, change, { ...placeOf(bucket, ranks, allReduce), label: change });
  for (const { weight, at } of weights) {
    const { rows, cols } = build.shapeOf(weight);
    const sizes = { rows, width: cols, at, decay };
    build.compute(placeOfWeight(weight), 'change', { kernel: 'apply_change', sizes }, { inputs: [all, step] }, weight);
  }
}

/** The same program, each operation of the update right after the last that it depends on. */
function asSoonAsCan(program: Program): Program {
  const needs = dependenciesOf(program);
  const places: number[] = [];
  for (const { id, phase } of program.operations)
    places.push(phase === 'update' ? Math.max(-1, ...needs[id]!.map((need) => places[need]!)) : id);
  const operations = program.operations
    .toSorted((a, b) => places[a.id]! - places[b.id]! || a.id - b.id)
    .map((op, id) => ({ ...op, id }));
  return { ...program, operations };
}
