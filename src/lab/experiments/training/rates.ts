/**
 * How the rate goes on after its warm-up: along half a cosine to a tenth (Loshchilov and Hutter, 2017); as it is until
 * a fifth of the steps are left, then straight to a tenth (warm-up, stable, decay: Hu et al., 2024); or as it is.
 */
export const RATE_SCHEDULES = ['cosine', 'wsd', 'constant'] as const;
export type RateSchedule = (typeof RATE_SCHEDULES)[number];

const LEAST = 0.1;
const DECAYING = 0.2;

/** The share of the highest rate in a step, counted from 0, of so many; the first `warmup` of them rise to it. */
export function rateShare(schedule: RateSchedule, step: number, steps: number, warmup: number): number {
  const risen = Math.min(1, (step + 1) / Math.max(1, warmup));
  return risen * decayed(schedule, step / steps);
}

function decayed(schedule: RateSchedule, done: number): number {
  switch (schedule) {
    case 'cosine':
      return LEAST + (1 - LEAST) * 0.5 * (1 + Math.cos(Math.PI * done));
    case 'wsd':
      return 1 - (1 - LEAST) * Math.max(0, (done - (1 - DECAYING)) / DECAYING);
    case 'constant':
      return 1;
  }
}
