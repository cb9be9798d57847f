import { type LabRun, newRun } from '../../lab/runs/lab_run';
import { looksLikeRun, parseRunFile } from '../../lab/runs/run_file';
import { fromChromeTraces, isOfWholeRun } from '../../trace/read_trace';
import { InputError } from '../../words/error';
import { type Phrase, phrase } from '../../words/phrase';
import { textOf } from '../../words/text_of';

type Trace = { readonly name: string; readonly text: string; readonly date: Date };

/** Larger files are not opened. */
const MOST_BYTES = 512 * 2 ** 20;

/**
 * Runs that files hold: each run file a run, and each of our traces; a profiler's traces, of a rank each, together one.
 * What can't be read is a sentence; the rest is read all the same.
 */
export async function openRunFiles(
  files: readonly File[],
): Promise<{ readonly runs: readonly LabRun[]; readonly problems: readonly Phrase[] }> {
  const runs: LabRun[] = [];
  const problems: Phrase[] = [];
  const traces: Trace[] = [];
  const attempt = (read: () => void): boolean => {
    try {
      read();
      return true;
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      problems.push(cause.phrase);
      return false;
    }
  };
  for (const file of files) {
    if (file.size > MOST_BYTES) {
      problems.push(
        phrase`${file.name} has ${Math.round(file.size / 2 ** 20)} MB; files of at most ${MOST_BYTES / 2 ** 20} MB can be opened.`,
      );
      continue;
    }
    const text = await textOf(file.name, file).catch((cause) => {
      if (!(cause instanceof InputError)) throw cause;
      problems.push(cause.phrase);
    });
    if (text === undefined) continue;
    if (looksLikeRun(text)) attempt(() => runs.push(parseRunFile(file.name, text)));
    else traces.push({ name: file.name, text, date: new Date(file.lastModified) });
  }
  const openTraces = (own: readonly Trace[]) =>
    void attempt(() => {
      const [first] = own;
      if (!first) return;
      const name =
        own.length === 1 ? first.name.replace(/(\.trace)?\.json(\.gz)?$/, '') : `${first.name} + ${own.length - 1}`;
      const run = newRun({ kind: 'trace', result: fromChromeTraces(own) }, name, null, first.date.toISOString());
      // Several may have been written at once.
      runs.push({ ...run, id: `${run.id}-${name.replaceAll(/[^\w.-]/g, '').slice(0, 40)}` });
    });
  for (const trace of traces) if (isOfWholeRun(trace.text)) openTraces([trace]);
  // Of the files of several ranks, each that can't be read is told; the others are one run.
  const foreign = traces.filter(({ text }) => !isOfWholeRun(text));
  openTraces(foreign.length > 1 ? foreign.filter((trace) => attempt(() => fromChromeTraces([trace]))) : foreign);
  return { runs, problems };
}
