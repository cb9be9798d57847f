import type { Plan } from '../model/plan';
import { type Builder, builderOn, type Place } from './builder';
import { dependenciesOf } from './dependencies';
import type { Differentiated } from './derivative/differentiate';
import { placeOfWeight } from './derivative/place_of_weight';
import { INPUTS, type KeptValue, type Program, type Spread } from './program';

/** AdamW's settings but for the rate, which may differ from step to step. */
export type AdamW = {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
};

/**
 * A program with gradients, and after them a step of AdamW on each of their weights, in place. Gradients of what several
 * ranks hold are first summed over these, by an all-reduce a weight, so that all of them make the same step; those of
 * experts stay where they are. The running averages are kept beside the weights.
 */
export function lowerUpdate({ program, gradients }: Differentiated, plan: Plan, adamw: AdamW): Program {
  const build = builderOn(program, 'update');
  build.input({ name: INPUTS.step, rows: 1, cols: 4 });
  for (const [weight, gradient] of gradients) {
    const value = program.values.get(weight) as KeptValue;
    const { rows, cols } = value;
    const place = placeOfWeight(weight);
    const share = sharersOf(value, plan);
    const whole = share > 1 ? sumOverRanks(build, gradient, { place, ranks: plan.ranks, share }) : gradient;
    const [mean, square] = (['mean', 'square'] as const).map((part) =>
      build.keep({ name: `${part} of d ${weight}`, rows, cols }),
    );
    build.compute(
      place,
      'AdamW',
      { kernel: 'adamw', sizes: { rows, width: cols, ...adamw } },
      { inputs: [whole, INPUTS.step] },
      weight,
      mean!,
      square!,
    );
  }
  const own = new Set(gradients.values());
  return asSoonAsCan(build.finish(program.outputs.filter((name) => !own.has(name))));
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

/** How many ranks hold the same part of a weight. */
function sharersOf({ split }: KeptValue, { ranks }: Plan): number {
  if (split === 'replicated') return ranks;
  return split === 'own' ? 1 : Math.max(1, ranks / split.blocks);
}

function sumOverRanks(
  build: Builder,
  gradient: string,
  { place, ranks, share }: { readonly place: Place; readonly ranks: number; readonly share: number },
): string {
  const { rows, cols } = build.shapeOf(gradient);
  const all: Omit<Spread, 'kind' | 'id' | 'phase' | 'output'> = {
    name: 'All-reduce of gradients',
    block: 'all-reduce',
    layer: place.layer,
    algorithm: 'direct',
    input: gradient,
  };
  const parts = build.spread(
    { ...all, kind: 'all-gather' },
    { name: `${gradient} of all ranks`, rows: (rows as number) * ranks, cols },
  );
  return build.compute(
    { block: 'all-reduce', layer: place.layer },
    'sum of gradients',
    { kernel: 'sum_shared', sizes: { rows, width: cols, parts: ranks, share, rank: 'rank' } },
    { inputs: [parts] },
    { name: `${gradient} in all`, rows, cols },
  );
}
