import { type LabRun, newRun } from '../../lab/runs/lab_run';
import { looksLikeRun, parseRunFile } from '../../lab/runs/run_file';
import type { TraceFile } from '../../trace/read_trace';
import { traceRuns } from '../../trace/trace_runs';
import { traceSpans } from '../../trace/trace_spans';
import { bytesOf, textOf } from '../../words/bytes_of';
import { InputError } from '../../words/error';
import { type Phrase, phrase } from '../../words/phrase';

/** A file and where it lay: the path below what was dropped or chosen. */
export type PlacedFile = { readonly path: string; readonly file: File };

/** Files as they were dropped or chosen; of a folder those that may be runs or traces. */
export const placedFiles = (files: readonly File[]): PlacedFile[] =>
  files
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !path.includes('/') || /\.json(\.gz)?$/i.test(path));

/** Reads traces, each of which may turn out to be none. */
export type ReadTraces = (files: readonly PlacedFile[]) => Promise<readonly (TraceFile | InputError)[]>;

/** Timelines of more kernels would be slow to draw. */
const MOST_KERNELS = 500_000;

/**
 * Runs that files hold: each run file a run, and traces by what belongs together. What can't be read is a sentence; the
 * rest is read all the same.
 */
export async function openRunFiles(
  files: readonly PlacedFile[],
  readTraces: ReadTraces,
): Promise<{ readonly runs: readonly LabRun[]; readonly problems: readonly Phrase[] }> {
  const runs: LabRun[] = [];
  const problems: Phrase[] = [];
  const others: PlacedFile[] = [];
  for (const placed of files)
    try {
      if (await isRun(placed)) runs.push(parseRunFile(placed.path, await textOf(placed.path, placed.file)));
      else others.push(placed);
    } catch (cause) {
      problems.push(sentenceOf(cause));
    }
  const read = await readTraces(others);
  const traces = read.filter((each): each is TraceFile => !(each instanceof InputError));
  for (const each of read) if (each instanceof InputError) problems.push(each.phrase);
  for (const { name, files: own } of traceRuns(traces)) {
    const kernels = own.reduce((sum, { kernels: { count }, own: events }) => sum + count + events.length, 0);
    if (kernels > MOST_KERNELS) {
      problems.push(
        phrase`${name} has ${kernels} kernels; the page draws at most ${MOST_KERNELS}. “npm run lab -- overlap” tells the overlap of more.`,
      );
      continue;
    }
    const lost = own.reduce((sum, trace) => sum + trace.lost, 0);
    if (lost > 0)
      problems.push(phrase`${name}: ${lost} kernels have no time and are left out; the profiler lost them.`);
    const run = newRun({ kind: 'trace', result: traceSpans(own) }, name, null, own[0]!.date);
    runs.push({ ...run, id: freeId(`${run.id}-${asciiOf(name).slice(0, 40)}`, runs) });
  }
  return { runs, problems };
}

/** A name in characters that an id may have; others than ASCII's by their numbers. */
const asciiOf = (name: string): string =>
  name.replaceAll(/[^\w.-]/g, (other) => (other < '\x80' ? '' : other.charCodeAt(0).toString(36)));

/** Several may have been written at once, and be called much the same. */
function freeId(id: string, runs: readonly LabRun[]): string {
  let free = id;
  for (let number = 2; runs.some((run) => run.id === free); number++) free = `${id}-${number}`;
  return free;
}

async function isRun({ path, file }: PlacedFile): Promise<boolean> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of bytesOf(path, file)) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length >= 200) break;
  }
  return looksLikeRun(text);
}

function sentenceOf(cause: unknown): Phrase {
  if (cause instanceof InputError) return cause.phrase;
  throw cause;
}
