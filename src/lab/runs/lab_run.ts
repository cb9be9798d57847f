import { manifestOfRun, type RunContent } from './run_kinds';

/**
 * What a session keeps, a file stores and the site's recorded runs are. `id` stays the same in all of them, so that
 * links can name it.
 */
export type LabRun = {
  readonly id: string;
  readonly name: string;
  /**
   * What whoever measured it calls the machine, as browsers say little of a GPU; null: only what the manifest says is
   * known.
   */
  readonly machine: string | null;
} & RunContent;

/** The machine that a run was measured on, as far as it is known. */
export const machineOf = (run: LabRun): string => run.machine ?? manifestOfRun(run)?.adapter ?? '';

/** Of a run, in characters. */
export const LONGEST_NAME = 200;

/** A run that has just ended: its date is its id. */
export function newRun(
  content: RunContent,
  name: string,
  machine: string | null = null,
  date = manifestOfRun(content)?.date ?? new Date().toISOString(),
): LabRun {
  return { id: date.replace(/[^\dT]/g, ''), name: name.slice(0, LONGEST_NAME) || '–', machine, ...content };
}
