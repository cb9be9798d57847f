import type { RunOptions, RunResult } from '../../cluster/run_contract';
import type { ClockBounds } from '../../trace/clock';

/** How long bounds of the GPU's clock are trusted: clocks drift by some microseconds a second. */
const AGE_MS = 2000;

/** What is known of the GPU's clock from run to run, so that few of them calibrate it. */
export function createKnownClock(): {
  /** For the next run. */
  readonly options: () => Pick<RunOptions, 'clock'>;
  /** Takes what a run learnt. */
  readonly learn: (run: Pick<RunResult, 'clock'>) => void;
} {
  let known: { readonly bounds: ClockBounds; readonly since: number } | null = null;
  return {
    options() {
      if (known && performance.now() - known.since > AGE_MS) known = null;
      return known ? { clock: known.bounds } : {};
    },
    learn({ clock }) {
      known = { bounds: clock, since: known?.since ?? performance.now() };
    },
  };
}
