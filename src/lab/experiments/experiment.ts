import { nameOfMethod } from '../../connectivity/methods';
import { type Checkpoint, remarkOn } from '../../model/checkpoint';
import { SCHEDULES, type ScheduleKind } from '../../schedule/orders';
import type { Span } from '../../trace/span';
import type { Frozen } from '../../words/frozen';
import { type Phrase, phrase } from '../../words/phrase';
import { z } from '../../words/zod';
import type { Lab } from '../setup/lab';
import type { CheckRow } from './check';
import type { GenerationResult } from './generation/result';
import type { SweepPoint } from './sweep_result';

/**
 * What the engine can be asked to do. All are in the list `EXPERIMENTS` (experiments.ts): to add one, add its module
 * and its line there.
 */
export type Experiment<Settings, Result> = {
  /** Whatever asks (a form, a link, a command line) is checked by it. */
  readonly settings: z.ZodType<Settings>;
  /** Names of the settings that are the path of a file or folder, or an address, or several. */
  readonly paths: readonly string[];
  /** Throws InputError for settings that can't be met, AbortError when stopped. */
  readonly run: (lab: Lab, settings: Settings, emit: Emit, signal?: AbortSignal) => Promise<Result>;
};

/** What an experiment tells while it goes on. */
export type ExperimentEvent =
  | Progress
  /** A run of some combination, to be drawn. */
  | { readonly kind: 'spans'; readonly combination: Combination; readonly spans: readonly Span[] }
  /** A text, as far as it is written. */
  | { readonly kind: 'written'; readonly result: GenerationResult }
  /** A point of a sweep is measured. */
  | { readonly kind: 'point'; readonly point: SweepPoint }
  | { readonly kind: 'row'; readonly row: CheckRow }
  /** A training as far as it is: files by name, in base64. */
  | { readonly kind: 'files'; readonly files: Readonly<Record<string, string>> }
  /** Of the model, while it is loaded. */
  | { readonly kind: 'remark'; readonly remark: Phrase };
export type Emit = (event: ExperimentEvent) => void;

/** Says what of a checkpoint does not run. */
export function tellRemark(checkpoint: Checkpoint, emit: Emit): void {
  const remark = remarkOn(checkpoint);
  if (remark) emit({ kind: 'remark', remark });
}

/**
 * `done` of `total`: bytes while loading, kernels while tuning; else of all that the experiment does, in steps that
 * take about as long as one another. What is told again goes on counting.
 */
export type Progress = {
  readonly kind: 'progress';
  readonly doing: Doing;
  readonly done: number;
  readonly total: number;
  /** Of an experiment in parts, such as a sweep's points, the part that goes on. */
  readonly part: { readonly number: number; readonly of: number } | null;
};

/** What the engine is doing; plain data, which `doingIn` says in words. */
export type Doing =
  /** Until another tab of this origin has measured. */
  | { readonly phase: 'waiting' }
  | { readonly phase: 'opening' }
  | { readonly phase: 'loading'; readonly connectivity: string | null }
  /** How large a run this GPU does in some seconds. */
  | { readonly phase: 'sizing' }
  /** Variants of kernels are tried. */
  | { readonly phase: 'tuning' }
  | { readonly phase: 'timing'; readonly connectivity: string }
  | ({ readonly phase: 'warm-up' } & Combination)
  | ({ readonly phase: 'run'; readonly run: number; readonly of: number | null } & Combination)
  | { readonly phase: 'generating'; readonly step: number }
  | { readonly phase: 'training'; readonly step: number; readonly loss: number | null }
  /** Texts are written again, to know how long that takes without a trace. */
  | ({ readonly phase: 'untraced' } & Combination)
  | { readonly phase: 'evaluating'; readonly model: string }
  | { readonly phase: 'working' };

export function doingIn(doing: Doing): Phrase {
  switch (doing.phase) {
    case 'waiting':
      return phrase`Another tab is measuring; this one begins when it is done.`;
    case 'opening':
      return phrase`opening the GPU`;
    case 'loading':
      return doing.connectivity
        ? phrase`loading the model: ${nameOfMethod(doing.connectivity)}`
        : phrase`loading the model`;
    case 'sizing':
      return phrase`trying how quick this GPU is`;
    case 'tuning':
      return phrase`finding the quickest kernels for this GPU`;
    case 'timing':
      return phrase`${nameOfMethod(doing.connectivity)}: timing its kernels`;
    case 'warm-up':
      return phrase`${nameOfCombination(doing)}: warm-up`;
    case 'run':
      return doing.of === null
        ? phrase`${nameOfCombination(doing)}: run ${doing.run}`
        : phrase`${nameOfCombination(doing)}: run ${doing.run} of ${doing.of}`;
    case 'generating':
      return phrase`generating, step ${doing.step + 1}`;
    case 'training':
      return doing.loss === null
        ? phrase`training, step ${doing.step + 1}`
        : phrase`training, step ${doing.step + 1}, loss ${doing.loss.toFixed(4)}`;
    case 'untraced':
      return phrase`${nameOfCombination(doing)}: once more, without a trace`;
    case 'evaluating':
      return phrase`evaluating ${doing.model}`;
    case 'working':
      return phrase`working`;
  }
}

/** A connectivity under a schedule. In files connectivities are open: those of later versions are read, too. */
export const Combination = z.object({ connectivity: z.string().max(200), schedule: z.enum(SCHEDULES) });
export type Combination = Frozen<z.output<typeof Combination>>;

const NAMES: Readonly<Record<ScheduleKind, Phrase>> = { blocking: phrase`blocking`, overlapped: phrase`overlapped` };
export const nameOfSchedule = (schedule: ScheduleKind): Phrase => NAMES[schedule];

export const nameOfCombination = ({ connectivity, schedule }: Combination): Phrase =>
  phrase`${nameOfMethod(connectivity)}, ${nameOfSchedule(schedule)}`;
