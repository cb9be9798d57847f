import { filesSource } from '../../model/source';
import type { Emit, Experiment } from '../experiments/experiment';
import { EXPERIMENTS, type ExperimentId, type ResultOf } from '../experiments/experiments';
import { parseSettings } from '../experiments/run_settings';
import type { Lab } from '../setup/lab';

/** An experiment asked of an engine elsewhere (a worker, a headless browser): plain data in, plain data out. */
export type Job<Id extends ExperimentId = ExperimentId> = {
  readonly experiment: Id;
  /** Checked by the experiment's schema. */
  readonly settings: unknown;
  /** Those chosen or dropped, where the model is `files`. */
  readonly files?: readonly File[];
};

/**
 * Does a job. Throws InputError for what can't be asked, GpuUnavailable when the device is lost, AbortError when
 * stopped.
 */
export function runJob<Id extends ExperimentId>(
  lab: Lab,
  { experiment, settings, files }: Job<Id>,
  emit: Emit,
  signal?: AbortSignal,
): Promise<ResultOf<Id>> {
  const own = EXPERIMENTS[experiment] as unknown as Experiment<unknown, ResultOf<Id>>;
  const dropped = files ? filesSource(files) : lab.dropped;
  return own.run({ ...lab, dropped }, parseSettings(own.settings, settings), emit, signal);
}
