import type { Plan } from '../model/plan';
import { filesSource } from '../model/source';
import { type BenchSettings, benchTransfers, type TransferRate } from './bench';
import { type CheckRow, check } from './check';
import { type Evaluation, evaluate } from './evaluate';
import { type GenerateEvent, type Generation, generate } from './generate';
import type { Lab } from './lab';
import { type MeasureEvent, type Measurement, measure } from './measure';
import { GenerateSettings, parseSettings, Settings } from './settings';

/** Work that can be asked of an engine elsewhere (a worker, a headless browser): plain data in, plain data out. */
export type Job =
  | { readonly kind: 'measure'; readonly settings: unknown; readonly files?: readonly File[] }
  | { readonly kind: 'generate'; readonly settings: unknown; readonly files?: readonly File[] }
  | { readonly kind: 'check'; readonly folder: string; readonly connectivities: readonly string[]; readonly plan: Plan }
  | {
      readonly kind: 'evaluate';
      readonly folder: string;
      readonly connectivity: string | null;
      readonly val: string;
      readonly ranks: number;
    }
  | { readonly kind: 'bench'; readonly settings: BenchSettings };

export type JobEvent = MeasureEvent | GenerateEvent | { readonly kind: 'row'; readonly row: CheckRow };

export type JobResult = {
  readonly measure: Measurement;
  readonly generate: Generation;
  readonly check: readonly CheckRow[];
  readonly evaluate: Evaluation;
  readonly bench: readonly TransferRate[];
};

/**
 * Does a job. Throws InputError for what can't be asked, GpuUnavailable when the device is lost, AbortError when
 * stopped.
 */
export async function runJob<K extends Job['kind']>(
  lab: Lab,
  job: Extract<Job, { kind: K }>,
  emit: (event: JobEvent) => void,
  signal?: AbortSignal,
): Promise<JobResult[K]>;
export async function runJob(
  lab: Lab,
  job: Job,
  emit: (event: JobEvent) => void,
  signal?: AbortSignal,
): Promise<JobResult[Job['kind']]> {
  switch (job.kind) {
    case 'measure':
      return measure(withFiles(lab, job.files), parseSettings(Settings, job.settings), emit, signal);
    case 'generate':
      return generate(withFiles(lab, job.files), parseSettings(GenerateSettings, job.settings), emit, signal);
    case 'check': {
      const rows: CheckRow[] = [];
      for await (const row of check(lab, job.folder, job.connectivities, job.plan)) {
        signal?.throwIfAborted();
        rows.push(row);
        emit({ kind: 'row', row });
      }
      return rows;
    }
    case 'evaluate':
      return evaluate(
        lab,
        job.folder,
        job.connectivity,
        job.val,
        job.ranks,
        (done, total) => emit({ kind: 'progress', doing: { phase: 'window' }, done, total }),
        signal,
      );
    case 'bench':
      return benchTransfers(
        lab,
        job.settings,
        (done, total) => emit({ kind: 'progress', doing: { phase: 'way' }, done, total }),
        signal,
      );
  }
}

const withFiles = (lab: Lab, files: readonly File[] | undefined): Lab =>
  files ? { ...lab, dropped: filesSource(files) } : lab;
