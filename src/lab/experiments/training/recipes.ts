import type { TrainSettings } from './settings';

/** What a recipe says of a training; everything else is as the caller has it. */
type Recipe = Partial<TrainSettings>;

/** As the reference model was trained, and converted. */
const REFERENCE = { data: 'books', batch: 16384, length: 256, passes: 1, decay: 0.1, clip: 1, warmup: 100 } as const;
const SCRATCH = { ...REFERENCE, schedule: 'cosine', fresh: true, teacher: null, steps: 1400, rate: 3e-3 } as const;
const CONVERT = { ...REFERENCE, schedule: 'cosine', fresh: false, steps: 600, rate: 1e-3 } as const;
const FCSD = { ...CONVERT, connectivity: 'farskip', teacher: 'regular' } as const;

/** Those of the paper's section on self-distillation and its Table 2. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  regular: { ...SCRATCH, connectivity: 'regular' },
  farskip: { ...SCRATCH, connectivity: 'farskip' },
  fcsd: FCSD,
  sft: { ...FCSD, teacher: null },
  'frozen-embedding': { ...FCSD, frozenEmbedding: true },
  'kl+l2': { ...FCSD, intermediate: 1 },
  'batch/4': { ...FCSD, batch: REFERENCE.batch / 4 },
  'batch*4': { ...FCSD, batch: REFERENCE.batch * 4, passes: 4 },
};

/** What recipes are written as. `last:N` and `first:N` convert N of the layers. */
export const RECIPE_IDS: readonly string[] = [...Object.keys(RECIPES), 'last:N', 'first:N'];

/** A recipe by its name; null when there is none. */
export function recipeOf(name: string): Recipe | null {
  if (/^(last|first):\d+$/.test(name)) return { ...FCSD, connectivity: name };
  return Object.hasOwn(RECIPES, name) ? RECIPES[name]! : null;
}
