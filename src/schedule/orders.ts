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

/** How the compute lane goes on once a collective is there, in the unit of costs. */
export type Resume = {
  /** From when it is there until a lane that idles does what waited for it. */
  readonly lag: number;
  /** What the lane needs to copy what it brought. */
  readonly copying: (op: Collective) => number;
};

export const AT_ONCE: Resume = { lag: 0, copying: () => 0 };
