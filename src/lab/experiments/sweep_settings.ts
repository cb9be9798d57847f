import type { Frozen } from '../../words/frozen';
import { type Phrase, phrase } from '../../words/phrase';
import { because, firstIssue, z } from '../../words/zod';
import { MeasureSettings } from './measurement/settings';

export const SWEEP_SETTINGS = ['ratio', 'ranks', 'tokens'] as const;
export type SweepSetting = (typeof SWEEP_SETTINGS)[number];

/** A setting that is measured at several values. */
export const Sweep = z
  .object({
    over: z.enum(SWEEP_SETTINGS),
    values: z.array(z.number().positive()).min(1).max(32),
  })
  .superRefine(({ over, values }, { addIssue }) => {
    const refuse = (why: Phrase) => addIssue({ code: 'custom', path: ['values'], message: because(why) });
    if (new Set(values).size < values.length) refuse(phrase`each of the values should be there once`);
    if (over === 'ratio') return;
    const { error } = z.array(MeasureSettings.shape[over]).safeParse(values);
    if (error) refuse(firstIssue(error).reason);
  });
export type Sweep = Frozen<z.output<typeof Sweep>>;

/** A measurement at each value of a setting; what else it is of stays the same. */
export const SweepSettings = MeasureSettings.extend({ sweep: Sweep });
export type SweepSettings = Frozen<z.output<typeof SweepSettings>>;

/** Settings of one point. A passage is as long as is asked for, a prompt is not; a ratio is of an emulated pace. */
export function pointSettings({ sweep: { over }, ...settings }: SweepSettings, value: number): MeasureSettings {
  switch (over) {
    case 'ratio':
      return { ...settings, backing: 'shared', link: { kind: 'ratio', ratio: value } };
    case 'tokens':
      return { ...settings, prompt: null, tokens: value };
    case 'ranks':
      return { ...settings, ranks: value };
  }
}
