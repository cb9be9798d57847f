import { bytesOf } from '../words/bytes_of';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { type Head, readEvents } from './event_stream';
import { type ExactTime, exactTime, wholeNumber, withDoubles } from './long_number';
import { createRecords, msSince, type Records } from './records';

/**
 * The GPU work in a trace file, whoever wrote it, as plain data that a worker can send. Times are ms since `origin`.
 */
export type TraceFile = {
  readonly name: string;
  readonly date: string;
  /** The rank that it says it is of (distributedInfo). */
  readonly rank: number | null;
  /** Nanoseconds since 1970, or since whatever its times count from. */
  readonly origin: bigint;
  /** What its GPU processes are called: each is a rank. Our own may have none of some ranks. */
  readonly processes: readonly string[];
  /** Kernels of others' programs. */
  readonly kernels: Records;
  /** Events of our own traces. */
  readonly own: readonly OwnEvent[];
  /** Kernels without a time: the profiler lost their records. */
  readonly lost: number;
};

/** An event of this lab's own: a kernel, or a copy that says what it is of. */
export type OwnEvent = {
  readonly name: string;
  readonly kind: 'kernel' | 'copy';
  /** Its place in `processes`. */
  readonly process: number;
  readonly start: number;
  readonly end: number;
  /** With times in ms since the origin, as theirs. */
  readonly args: Readonly<Record<string, unknown>>;
};

/** Of a job whose traces are opened together. */
export const MOST_RANKS = 4096;
/** A kernel that begins as far from the others, or lasts as long, has no time: its record was lost. */
const DAY_US = 86_400_000_000;

/**
 * Reads the GPU kernels of a trace file, gzipped or not, as they stream in, and of ours all else as well. `onRead`
 * hears how many bytes of the file have been read. Throws InputError with its name when it is no trace or has no
 * kernels.
 */
export async function readTrace(
  name: string,
  file: Blob,
  date: Date,
  onRead?: (bytes: number) => void,
): Promise<TraceFile> {
  const records = createRecords();
  const own: Pending[] = [];
  const processes = new Map<string, number>();
  let lost = 0;
  const processOf = (pid: unknown): number => {
    const called = String(withDoubles(pid));
    if (!processes.has(called)) processes.set(called, processes.size);
    return processes.get(called)!;
  };
  const head = await readEvents(name, bytesOf(name, file, onRead), (value) => {
    const event = gpuEvent(value);
    if (!event) return;
    const { kind, called, args } = event;
    const isOwn = typeof args.operation === 'string';
    if (kind === 'copy' && !isOwn) return;
    const time = timeOf(event, isOwn);
    if (!time) lost++;
    else if (isOwn) own.push({ ...time, called, kind, process: processOf(event.process), args });
    else records.add(called, processOf(event.process), time.start, time.us);
  });
  const kernels = own.filter(({ kind }) => kind === 'kernel').length + records.starts().length;
  if (kernels === 0 && lost > 0)
    throw new InputError(phrase`${name} has no times of its ${lost} kernels: the profiler lost them.`);
  if (kernels === 0)
    throw new InputError(
      phrase`${name} has no kernels; it should be a Chrome trace with events of category kernel, as PyTorch's profiler writes.`,
    );
  const origin = firstOf(records.starts(), own);
  const kept = records.since(origin, DAY_US);
  // Of some processes all records were lost.
  const left = [...new Set([...new Set(kept.process), ...own.map(({ process }) => process)])];
  const places = new Map(left.map((process, place) => [process, place]));
  const called = [...processes.keys()];
  return {
    name,
    date: date.toISOString(),
    ...saidIn(name, head, origin),
    processes: left.map((process) => called[process]!),
    kernels: { ...kept, process: kept.process.map((process) => places.get(process)!) },
    own: own.map((event) => ({ ...since(origin, event), process: places.get(event.process)! })),
    lost: lost + records.starts().length - kept.count,
  };
}

type GpuEvent = {
  readonly kind: 'kernel' | 'copy';
  readonly called: string;
  readonly process: unknown;
  readonly ts: unknown;
  readonly dur: unknown;
  readonly args: Readonly<Record<string, unknown>>;
};
type Time = { readonly start: ExactTime; readonly us: number };
type Pending = Time & {
  readonly called: string;
  readonly kind: 'kernel' | 'copy';
  readonly process: number;
  readonly args: Readonly<Record<string, unknown>>;
};

/**
 * A kernel or a copy, by the categories that PyTorch has written: Kernel (1.8), kernel since; before those its own
 * profiler wrote none, and GPU work as the process “CUDA functions”, a thread a device.
 */
function gpuEvent(value: unknown): GpuEvent | null {
  if (!isObject(value) || value.ph !== 'X') return null;
  const { cat, name, pid, tid, ts, dur } = value;
  const common = {
    called: typeof name === 'string' ? name : '',
    ts,
    dur,
    args: isObject(value.args) ? value.args : {},
  };
  if (cat === undefined) {
    if (pid !== 'CUDA functions') return null;
    const device = withDoubles(tid);
    return /^memcpy|^memset/i.test(common.called) ? null : { ...common, kind: 'kernel', process: `device ${device}` };
  }
  if (typeof cat !== 'string') return null;
  // A category may be a list.
  const categories = cat.toLowerCase().split(/[\s,]+/);
  if (categories.includes('kernel')) return { ...common, kind: 'kernel', process: pid };
  return categories.includes('gpu_memcpy') ? { ...common, kind: 'copy', process: pid } : null;
}

/** null where the profiler lost it: no time at all, or none that can be. */
function timeOf({ ts, dur }: GpuEvent, isOwn: boolean): Time | null {
  const [start, length] = [exactTime(ts), exactTime(dur)];
  if (!start || !length) return null;
  const us = length.whole + length.fraction;
  if (us < 0 || us > DAY_US) return null;
  // CUPTI says 0 where it knows no time.
  return us === 0 && start.whole + start.fraction === 0 && !isOwn ? null : { start, us };
}

/** The first whole microsecond of all that lie within a day of most. */
function firstOf(starts: Float64Array, own: readonly Pending[]): number {
  const all = own.length > 0 ? Float64Array.from([...starts, ...own.map(({ start }) => start.whole)]) : starts;
  // Far from all others 0 is no time, however many have it: CUPTI says so where it knows none.
  const above = all.filter((start) => start > 0);
  const likely = above.length > 0 && above.every((start) => start > DAY_US) ? above : all;
  const some = Float64Array.from(
    { length: Math.min(likely.length, 1001) },
    (_, i) => likely[Math.floor((i * likely.length) / Math.min(likely.length, 1001))]!,
  );
  const middle = some.sort()[Math.floor(some.length / 2)]!;
  let first = Number.POSITIVE_INFINITY;
  for (const start of all) if (Math.abs(start - middle) < DAY_US && start < first) first = start;
  return first;
}

/** Arguments of our own events that are times of the trace's clock. */
const TIMES = ['turn_us', 'submitted_us', 'awaited_us', 'from_us', 'until_us', 'due_us'];

function since(origin: number, { called, kind, process, start, us, args }: Pending): OwnEvent {
  const at = msSince(origin, start);
  const times = Object.entries(withDoubles(args) as object).map(([key, value]) => {
    const time = TIMES.includes(key) ? exactTime(args[key]) : null;
    return [key, time ? msSince(origin, time) : value];
  });
  return { name: called, kind, process, start: at, end: at + us / 1000, args: Object.fromEntries(times) };
}

/** Which rank a file says it is of, and what its times count from. */
function saidIn(name: string, head: Head, originUs: number): Pick<TraceFile, 'rank' | 'origin'> {
  const info = head.distributedInfo;
  const said = isObject(info) ? wholeNumber(info.rank) : null;
  const rank = said === null || said < 0n ? null : Number(said);
  if (rank !== null && rank >= MOST_RANKS)
    throw new InputError(phrase`${name} is of rank ${rank}; ranks below ${MOST_RANKS} can be opened.`);
  const base = wholeNumber(head.baseTimeNanoseconds) ?? 0n;
  return { rank, origin: base + BigInt(originUs) * 1000n };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
