import { filesSource } from '../../model/source';
import { whenAborted } from '../../words/aborted';
import type { Emit, Experiment } from '../experiments/experiment';
import { EXPERIMENTS, type ExperimentId, type ResultOf } from '../experiments/experiments';
import { parseSettings } from '../experiments/run_settings';
import { interruptible, reasonOf } from '../setup/interruption';
import type { Lab } from '../setup/lab';

/** An experiment asked of an engine elsewhere (a worker, a headless browser): plain data in, plain data out. */
export type Job<Id extends ExperimentId = ExperimentId> = {
  readonly experiment: Id;
  /** Checked by the experiment's schema. */
  readonly settings: unknown;
  /** Those chosen or dropped, where the model is `files`. */
  readonly files?: readonly File[];
};

/** A job that was interrupted for `reason` and does not end: nothing more is to be had of its engine. */
export class Endless extends Error {
  override name = 'Endless';
  constructor(readonly reason: unknown) {
    super('a job that was interrupted does not end');
  }
}

/** How long an interrupted job may take to hand over what it has. */
const ENDING_MS = 5000;

/**
 * Does a job. One that is stopped, or loses its GPU, gives what it has; else it throws AbortError or GpuUnavailable.
 * Throws InputError for what can't be asked, Endless for a job that is still at work long after it was interrupted.
 */
export async function runJob<Id extends ExperimentId>(
  lab: Lab,
  { experiment, settings, files }: Job<Id>,
  emit: Emit,
  stop?: AbortSignal,
  endingMs = ENDING_MS,
): Promise<ResultOf<Id>> {
  const own = EXPERIMENTS[experiment] as unknown as Experiment<unknown, ResultOf<Id>>;
  const dropped = files && files.length > 0 ? filesSource(files) : lab.dropped;
  const signal = interruptible([lab.engine], stop);
  signal.throwIfAborted();
  try {
    const work = own.run({ ...lab, dropped }, parseSettings(own.settings, settings), emit, signal);
    return await endedInTime(work, signal, endingMs);
  } catch (cause) {
    throw cause instanceof Endless ? cause : await reasonOf(cause, signal);
  }
}

function endedInTime<T>(work: Promise<T>, signal: AbortSignal, endingMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const forget = whenAborted(signal, () => {
      timer = setTimeout(() => reject(new Endless(signal.reason)), endingMs);
    });
    work.then(resolve, reject).finally(() => {
      forget();
      clearTimeout(timer);
    });
  });
}
