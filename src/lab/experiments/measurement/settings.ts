import { PASSES } from '../../../program/program';
import { SCHEDULES } from '../../../schedule/orders';
import type { Frozen } from '../../../words/frozen';
import { z } from '../../../words/zod';
import { DEFAULT_RUN_SETTINGS, Prompt, Repeats, RunSettings, Speed, Tokens } from '../run_settings';

/** The wire's pace: a speed, communication ÷ computation, whatever the way between devices takes, or no wire. */
export const LinkSetting = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('speed'), ...Speed.shape }),
  z.object({ kind: z.literal('ratio'), ratio: z.number().positive().max(100) }),
  z.object({ kind: z.literal('native') }),
  z.object({ kind: z.literal('none') }),
]);
export type LinkSetting = Frozen<z.output<typeof LinkSetting>>;

/** What a measurement is of. */
export const MeasureSettings = RunSettings.extend({
  /**
   * Text that device 0 prefills, instead of a passage of `text`; the other devices take passages of the same length
   * from `text`.
   */
  prompt: Prompt.nullable(),
  /** Of a passage; a prompt has the tokens that it has. */
  tokens: Tokens,
  /** A prefill; or a training step, up to its gradients or with its update, at a rate of 0, so that all are alike. */
  pass: z.enum(PASSES),
  /** Whether layers are computed again for the backward pass, not held. */
  recompute: z.boolean(),
  /** Whether each device updates its shard of the weights that all have, not each device all of them. */
  sharded: z.boolean(),
  schedule: z.array(z.enum(SCHEDULES)).min(1),
  /** shared: devices take turns on one GPUDevice; separate: a GPUDevice each, and messages go through the host. */
  backing: z.enum(['shared', 'separate']),
  link: LinkSetting,
  repeats: Repeats,
  /**
   * Go on beyond `repeats` until the interval of each speed-up is narrower than this share of it, looked at now and
   * then (statistics/looks.ts); null: stop there.
   */
  until: z.number().positive().max(1).nullable(),
  /**
   * Seconds of timing, warm-ups and repeats after which no more of them is begun than it takes for one repeat of each
   * combination.
   */
  budget: z.number().positive().max(36000),
  /** Greedy tokens that continue the prompt after the measurement; 0: none. */
  continuation: z.number().int().min(0).max(256),
});
export type MeasureSettings = Frozen<z.output<typeof MeasureSettings>>;

export const DEFAULT_MEASUREMENT: MeasureSettings = {
  ...DEFAULT_RUN_SETTINGS,
  prompt: null,
  tokens: 64,
  pass: 'forward',
  recompute: false,
  sharded: false,
  schedule: [...SCHEDULES],
  backing: 'shared',
  link: { kind: 'ratio', ratio: 0.5 },
  repeats: 6,
  until: null,
  budget: 3600,
  continuation: 0,
};
