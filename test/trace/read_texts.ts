import { readTrace, type TraceFile } from '../../src/trace/read_trace';
import type { Span } from '../../src/trace/span';
import { traceRuns } from '../../src/trace/trace_runs';
import { traceSpans } from '../../src/trace/trace_spans';

/** What a file holds: text, or bytes. */
type Content = string | Uint8Array<ArrayBuffer>;

/** Traces by their names. */
export const readTexts = (files: Readonly<Record<string, Content>>): Promise<TraceFile[]> =>
  Promise.all(
    Object.entries(files).map(([name, content]) => readTrace(name, new Blob([content]), new Date('2026-01-02'))),
  );

/** The spans of traces that are one run. */
export async function spansOf(files: Readonly<Record<string, Content>>): Promise<{ spans: Span[]; ranks: number }> {
  const runs = traceRuns(await readTexts(files));
  if (runs.length !== 1) throw new Error(`they are ${runs.length} runs`);
  return traceSpans(runs[0]!.files);
}
