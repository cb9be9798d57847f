import type { Span } from './span';
import { type About, type Complete, eventsOfRanks, NOTHING, namesOf, THREADS, type TraceEvent } from './write_trace';

/** Of the process that launches, beside those of ranks. */
const HOST = 1_000_000;
const STEP = 1;
const LAUNCHES = 2;

/**
 * A run as a trace for each rank, in text, as PyTorch's profiler writes them and HolisticTraceAnalysis reads them. What
 * it keeps are events of streams that were launched in a step, but not in the last of several: all that a rank did is
 * launched in one. Times are whole microseconds, each the nearest, so that kernels which follow one another still do:
 * it would round starts up and ends down, and open gaps between them.
 */
export const toRankTraces = (spans: readonly Span[], ranks: number, about: About = NOTHING): string[] =>
  eventsOfRanks(spans, ranks, about.wire).map((events, rank) => rankTrace(launched(events), rank, ranks, about));

/** With their launches' numbers: the pieces of a kernel, which follow one another, have one. */
function launched(events: readonly Complete[]): Complete[] {
  let correlation = 0;
  return events.map(({ ts, dur, args, ...event }) => {
    if (args?.piece === undefined) correlation++;
    const start = Math.round(ts);
    return { ...event, ts: start, dur: Math.round(ts + dur) - start, args: { ...args, correlation } };
  });
}

function rankTrace(events: readonly Complete[], rank: number, ranks: number, { otherData }: About): string {
  const named = [...namesOf(rank, `rank ${rank}`, THREADS), ...namesOf(HOST, 'host', ['step', 'launches'])];
  // An event without a time would make all times fractions.
  const all: TraceEvent[] = [...named.map((event) => ({ ...event, ts: 0 })), ...launchesOf(events), ...events];
  // It looks line by line for the first `"rank": ` with a space.
  const distributedInfo = `{"backend": "nccl", "rank": ${rank}, "world_size": ${ranks}}`;
  return [
    `{"schemaVersion": 1, "distributedInfo": ${distributedInfo},`,
    `"displayTimeUnit": "ms", "otherData": ${JSON.stringify(otherData)},`,
    `"traceEvents": [`,
    `${all.map((event) => JSON.stringify(event)).join(',\n')}]}`,
  ].join('\n');
}

/**
 * What the host did: the one step, and in it a launch of each kernel, collective and copy, when the host had handed it
 * over or, where that is not known, when it began.
 */
function launchesOf(events: readonly Complete[]): TraceEvent[] {
  const launches = events
    .filter(({ args }) => args?.piece === undefined)
    .map(
      ({ ts, cat, args }): Complete => ({
        ph: 'X',
        cat: 'cuda_runtime',
        name: cat === 'kernel' ? 'cudaLaunchKernel' : 'cudaMemcpyAsync',
        pid: HOST,
        tid: LAUNCHES,
        ts: Math.min(ts, Math.round(Number(args?.submitted_us ?? ts))),
        dur: 0,
        args: { correlation: args?.correlation },
      }),
    )
    .toSorted((a, b) => a.ts - b.ts);
  const first = launches[0]?.ts ?? 0;
  const last = events.reduce((end, { ts, dur }) => Math.max(end, ts + dur), first);
  return [
    {
      ph: 'X',
      cat: 'user_annotation',
      name: 'ProfilerStep#0',
      pid: HOST,
      tid: STEP,
      ts: first,
      dur: last + 1 - first,
      args: {},
    },
    ...launches,
  ];
}
