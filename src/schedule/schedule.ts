import type { Program } from '../program/program';
import { AT_ONCE, type Cost, type Order, type ScheduleKind } from './orders';
import { overlapped } from './overlapped';

/**
 * Orders of a program. `cost` guides the overlapped schedule, which chooses among orders that are all correct; the
 * blocking one takes the program's own order.
 */
export function schedule(program: Program, kind: ScheduleKind, cost: Cost, resume = AT_ONCE): Order[] {
  return kind === 'blocking' ? blocking(program) : overlapped(program, cost, resume);
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
