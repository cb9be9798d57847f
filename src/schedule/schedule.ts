import type { Program } from '../program/program';
import type { Cost, Order, ScheduleKind } from './orders';
import { overlapped } from './overlapped';

/**
 * Orders of a program. `cost` guides the overlapped schedule, which chooses among orders that are all correct; the
 * blocking one takes the program's own order. `lag`: how long what waited for a collective takes to begin once that is
 * there, in the unit of costs.
 */
export function schedule(program: Program, kind: ScheduleKind, cost: Cost, lag = 0): Order[] {
  return kind === 'blocking' ? blocking(program) : overlapped(program, cost, lag);
}

/** Waits for each collective where it starts it. */
function blocking(program: Program): Order[] {
  return program.operations.flatMap((op): Order[] =>
    op.kind === 'compute'
      ? [{ do: 'compute', op }]
      : [
          { do: 'start', op },
          { do: 'wait', op },
        ],
  );
}
