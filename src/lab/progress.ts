import type { ScheduleKind } from '../schedule/orders';

/** One connectivity under one schedule. */
export type Combination = { readonly connectivity: string; readonly schedule: ScheduleKind };

/** What the engine is doing, of a job; plain data, so that each front says it in its own words. */
export type Doing =
  | { readonly phase: 'loading'; readonly connectivity: string | null }
  | { readonly phase: 'timing'; readonly connectivity: string }
  | ({ readonly phase: 'warm-up' } & Combination)
  | ({ readonly phase: 'run'; readonly run: number; readonly of: number | null } & Combination)
  | { readonly phase: 'window' | 'way' };

/** `done` of `total`: bytes while loading, else steps of the job. */
export type Progress = {
  readonly kind: 'progress';
  readonly doing: Doing;
  readonly done: number;
  readonly total: number;
};

export function describeDoing(doing: Doing): string {
  switch (doing.phase) {
    case 'loading':
      return doing.connectivity ? `loading the ${doing.connectivity} model` : 'loading the model';
    case 'timing':
      return `timing the ${doing.connectivity} model without a wire`;
    case 'warm-up':
      return `${doing.connectivity}, ${doing.schedule}: warm-up`;
    case 'run':
      return `${doing.connectivity}, ${doing.schedule}: run ${doing.run}${doing.of === null ? '' : ` of ${doing.of}`}`;
    case 'window':
    case 'way':
      return doing.phase;
  }
}
