import type { Frozen } from '../../words/frozen';
import { type Phrase, phrase } from '../../words/phrase';
import { z } from '../../words/zod';

/**
 * A result that was cut short, and of what number it was to have: repeats, points or tokens. null: repeats until the
 * intervals were narrow. Results that were not, and older ones, have none.
 */
export const Ended = z.object({ kind: z.enum(['stopped', 'lost']), asked: z.number().int().min(1).nullable() });
export type Ended = Frozen<z.output<typeof Ended>>;
type MayEnd = { readonly ended?: Ended | undefined };

/** That a result was cut short, and what it has all the same; null when it was not. */
export const earlyMeasurement = ({ ended, repeats }: MayEnd & { readonly repeats: number }): Phrase | null =>
  early(ended, (asked) =>
    asked === null
      ? phrase`repeat ${repeats}, before the intervals were narrow`
      : phrase`${repeats} of ${asked} repeats`,
  );

export const earlySweep = ({ ended, points }: MayEnd & { readonly points: readonly Point[] }): Phrase | null =>
  early(ended, (asked) => phrase`${points.filter(({ measurement }) => !measurement.ended).length} of ${asked!} points`);
type Point = { readonly measurement: MayEnd };

export const earlyGeneration = ({ ended, results }: MayEnd & { readonly results: readonly Texts[] }): Phrase | null =>
  early(ended, (asked) => {
    const cut = results.flatMap(({ continuations }) => continuations.filter((own) => own.ended === 'stopped'));
    return phrase`${Math.min(asked!, ...cut.map(({ ids }) => ids.length))} of ${asked!} tokens`;
  });
type Texts = { readonly continuations: readonly { readonly ids: readonly number[]; readonly ended: string }[] };

export const earlyEvaluation = (evaluation: {
  readonly ended: Ended | null;
  readonly models: readonly unknown[];
}): Phrase | null =>
  early(evaluation.ended ?? undefined, (asked) => phrase`${evaluation.models.length} of ${asked!} models`);

function early(ended: Ended | undefined, done: (asked: Ended['asked']) => Phrase): Phrase | null {
  if (!ended) return null;
  switch (ended.kind) {
    case 'stopped':
      return phrase`Stopped after ${done(ended.asked)}.`;
    case 'lost':
      return phrase`The GPU was lost after ${done(ended.asked)}.`;
  }
}
