import type { Collective, Compute, Operation } from '../program/program';

/** What a rank is told to do, one after the other; every rank gets the same orders. */
export type Order =
  | { readonly do: 'compute'; readonly op: Compute }
  | { readonly do: 'start'; readonly op: Collective }
  | { readonly do: 'wait'; readonly op: Collective };

export const SCHEDULES = ['blocking', 'overlapped'] as const;
export type ScheduleKind = (typeof SCHEDULES)[number];

/** Expected duration of an operation, in any one unit. */
export type Cost = (op: Operation) => number;
