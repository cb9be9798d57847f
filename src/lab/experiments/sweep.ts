import { interruptionIn } from '../setup/interruption';
import type { Lab } from '../setup/lab';
import type { Ended } from './ended';
import type { Emit, Experiment, Progress } from './experiment';
import { measure } from './measurement/measure';
import { MeasureSettings } from './measurement/settings';
import { countsSteps } from './pace';
import { parseSettings } from './run_settings';
import type { SweepPoint, SweepResult } from './sweep_result';
import { pointSettings, type SweepSetting, SweepSettings } from './sweep_settings';

/** Measures again and again, with one setting at each of some values. */
export const sweepExperiment: Experiment<SweepSettings, SweepResult> = {
  settings: SweepSettings,
  paths: ['model'],
  run: sweepOver,
};

/**
 * Tells each point as it is measured, so that a sweep that fails keeps what it has. When it is interrupted it gives the
 * points that it has; the last may have fewer repeats than were asked for.
 */
async function sweepOver(lab: Lab, settings: SweepSettings, emit: Emit, signal?: AbortSignal): Promise<SweepResult> {
  const { over, values } = settings.sweep;
  // All before the first is measured: a value that is none of the setting is refused at once.
  const ownSettings = values.map((value) => parseSettings(MeasureSettings, pointSettings(settings, value)));
  const points: SweepPoint[] = [];
  const weights = values.map((value) => weightOf(over, value));
  for (const [i, value] of values.entries()) {
    const part = { number: i + 1, of: values.length };
    const own: Emit = (event) =>
      emit(event.kind === 'progress' ? { ...event, ...inAll(event, weights, i), part } : event);
    const endedBy = (kind: Ended['kind']): SweepResult => ({ over, points, ended: { kind, asked: values.length } });
    try {
      const point = { value, measurement: await measure(lab, ownSettings[i]!, own, signal) };
      points.push(point);
      emit({ kind: 'point', point });
    } catch (cause) {
      const kind = interruptionIn(cause, signal);
      if (!kind || points.length === 0) throw cause;
      return endedBy(kind);
    }
    const { ended } = points.at(-1)!.measurement;
    if (ended) return endedBy(ended.kind);
  }
  return { over, points };
}

/** About how long a point takes, beside the others: passes grow with the tokens, a third of them has a wire. */
const weightOf = (over: SweepSetting, value: number): number => (over === 'ratio' ? 3 + value : value);

/** How much of the whole sweep is done, at a step of one of its points. */
function inAll(progress: Progress, weights: readonly number[], point: number): Pick<Progress, 'done' | 'total'> {
  if (!countsSteps(progress)) return progress;
  const before = weights.slice(0, point).reduce((sum, weight) => sum + weight, 0);
  const own = (weights[point]! * progress.done) / progress.total;
  return { done: before + own, total: weights.reduce((sum, weight) => sum + weight, 0) };
}
