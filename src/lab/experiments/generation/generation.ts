import { phrase } from '../../../words/phrase';
import { nameOfSchedule } from '../experiment';
import type { RunKind } from '../run_kind';
import { nameOfModel } from '../run_settings';
import { Generation } from './result';
import { tracksOfGeneration } from './tracks';

/** Prompts continued token by token, with a key-value cache. */
export const generation: RunKind<Generation> = {
  result: Generation,
  manifestOf: ({ manifest }) => manifest,
  nameOf({ settings: { model, ranks, parallel, schedule } }) {
    const [first, ...others] = schedule;
    return first && others.length === 0
      ? phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, ${nameOfSchedule(first)}, text`
      : phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, text`;
  },
  tracksOf: tracksOfGeneration,
};
