type Event = {
  readonly cat?: string;
  readonly name: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: { readonly stream?: unknown; readonly correlation?: number };
};
type Row = {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly stream: number;
  readonly correlation: number;
};
type Interval = readonly [start: number, end: number];

/**
 * What HolisticTraceAnalysis 0.6 says by default of a folder of traces: of each rank's communication the share that
 * lies under computation (`TraceAnalysis(trace_dir=…).get_comm_comp_overlap()`), by rank. Shares no code with the
 * product.
 */
export function holisticDefault(files: readonly string[]): Map<number, number> {
  const ranks = new Map(files.map((text) => [rankOf(text), rowsOf(text)]));
  const steps = new Set([...ranks.values()].flat().flatMap(({ name }) => (/^ProfilerStep#\d+/.test(name) ? name : [])));
  return new Map(
    [...ranks].map(([rank, rows]) => [rank, overlapOf(steps.size > 1 ? withoutLastStep(rows, steps) : rows)]),
  );
}

/** Of the first line that has one; it wants a space before the number. A file that has none is rank 0. */
function rankOf(text: string): number {
  const pattern = /"rank":\s+(\d+)/;
  const line = text.split('\n').find((each) => pattern.test(each));
  return Number(line?.match(pattern)?.[1] ?? 0);
}

/** Events that have a length; of times that are not whole µs starts are rounded up and ends down. */
function rowsOf(text: string): Row[] {
  const { traceEvents } = JSON.parse(text) as { traceEvents: Event[] };
  const whole = traceEvents.every(({ ts }) => Number.isInteger(ts));
  return traceEvents.flatMap(({ cat, name, ts, dur, args }): Row[] => {
    if (dur === undefined || cat === undefined || cat === 'Trace' || ts === undefined) return [];
    const [start, end] = whole ? [ts, ts + dur] : [Math.ceil(ts), Math.floor(ts + dur)];
    const stream = Number(args?.stream ?? Number.NaN);
    return [{ name, start, end, stream: Number.isNaN(stream) ? -1 : stream, correlation: args?.correlation ?? -1 }];
  });
}

/** What was launched before the last step began, as often as it was. */
function withoutLastStep(rows: readonly Row[], steps: ReadonlySet<string>): Row[] {
  const onGpu = ({ stream, correlation }: Row) => stream >= 0 && correlation >= 0;
  const onHost = rows.filter((row) => !onGpu(row));
  const lastStart = Math.max(...onHost.filter(({ name }) => steps.has(name)).map(({ start }) => start));
  const launched = onHost.filter(({ start }) => start < lastStart);
  return [
    ...launched,
    ...rows.filter(onGpu).flatMap((row) => launched.flatMap((own) => (own.correlation === row.correlation ? row : []))),
  ];
}

function overlapOf(rows: readonly Row[]): number {
  const onStreams = rows.filter(({ stream }) => stream !== -1);
  const isCommunication = (name: string) => /^(nccl.*|hip|hccl|.*ncclKernel.*)/.test(name);
  const isMemory = (name: string) => /^((hip)?Memcpy|(hip)?Memset|dma)/.test(name);
  const isOther = (name: string) =>
    /^(nccl|.*Memcpy|.*Memset|.*dma|.*Sync|Stream Wait Event|cuda.*LaunchKernel|runFunction|hip|job_exe|packet|pe_exe|cpum_exe_subgraph|hccl|collective_subgraph_execution)/.test(
      name,
    );
  const comm = merged(onStreams.filter(({ name }) => isCommunication(name)));
  const comp = merged(onStreams.filter(({ name }) => !isCommunication(name) && !isMemory(name) && !isOther(name)));
  const both = comm.flatMap(([start, end]) =>
    comp.map(([from, to]) => Math.max(0, Math.min(end, to) - Math.max(start, from))),
  );
  const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
  return sum(both) / sum(comm.map(([start, end]) => end - start));
}

function merged(rows: readonly Row[]): Interval[] {
  const all: [number, number][] = [];
  for (const { start, end } of rows.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else all.push([start, end]);
  }
  return all;
}
