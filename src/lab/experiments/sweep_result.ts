import type { Frozen } from '../../words/frozen';
import { phrase } from '../../words/phrase';
import { z } from '../../words/zod';
import { Ended } from './ended';
import { tracksAt } from './measurement/measurement';
import { Measurement } from './measurement/result';
import type { RunKind } from './run_kind';
import { nameOfModel } from './run_settings';
import { SWEEP_SETTINGS } from './sweep_settings';

const SweepPoint = z.object({ value: z.number(), measurement: Measurement });
export type SweepPoint = Frozen<z.output<typeof SweepPoint>>;

const SweepResult = z.object({
  over: z.enum(SWEEP_SETTINGS),
  points: z.array(SweepPoint).min(1),
  /** Where it was interrupted: the last point may have fewer repeats than were asked for. */
  ended: Ended.optional(),
});
export type SweepResult = Frozen<z.output<typeof SweepResult>>;

/** Measurements at some values of one setting. */
export const sweep: RunKind<SweepResult> = {
  result: SweepResult,
  manifestOf: ({ points }) => points[0]!.measurement.manifest,
  nameOf({ over, points }) {
    const { model, ranks, parallel } = points[0]!.measurement.settings;
    const values = points.map(({ value }) => value).join(', ');
    switch (over) {
      case 'ranks':
        return phrase`${nameOfModel(model)}, ${parallel}, devices ${values}`;
      case 'ratio':
        return phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, ratio ${values}`;
      case 'tokens':
        return phrase`${nameOfModel(model)}, ${parallel} on ${ranks}, tokens ${values}`;
    }
  },
  tracksOf: ({ over, points }) => points.flatMap(({ value, measurement }) => tracksAt(measurement, { over, value })),
};
