import { readTrace } from '../../trace/read_trace';
import { traceSpans } from '../../trace/trace_spans';
import type { LabRun } from './lab_run';
import { RECORDED_TRACES, type RecordedTraces, recordedPath, tracePath } from './recorded';
import { parseRunFile } from './run_file';

/** The text of a file of the site. */
type Read = (path: string) => Promise<string>;

/**
 * A recorded run, under its own short id, so that links to it stay short. Throws InputError for a file that can't be
 * read.
 */
export async function openRecorded(id: string, read: Read): Promise<LabRun> {
  if (Object.hasOwn(RECORDED_TRACES, id))
    return openTraces(id, RECORDED_TRACES[id as keyof typeof RECORDED_TRACES], read);
  const path = recordedPath(id);
  return { ...parseRunFile(path, await read(path)), id };
}

async function openTraces(
  id: string,
  { name, machine, ranks, timelines: recorded, ...known }: RecordedTraces,
  read: Read,
): Promise<LabRun> {
  const timelines = await Promise.all(
    recorded.map(async (timeline) => {
      const paths = Array.from({ length: ranks }, (_, rank) => tracePath(id, timeline.combination, rank));
      const date = new Date(known.date);
      const files = await Promise.all(paths.map(async (path) => readTrace(path, new Blob([await read(path)]), date)));
      return { ...timeline, trace: traceSpans(files) };
    }),
  );
  return { id, name, machine, kind: 'traces', result: { ...known, timelines } };
}
