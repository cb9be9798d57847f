import type { Engine } from '../gpu/engine';
import type { Launch } from '../gpu/launcher';
import type { BufferRange, MappedBytes } from '../gpu/readback';
import type { ResolvedPasses } from '../gpu/timestamps';
import type { ClockBounds } from '../trace/clock';
import type { Copied, Kernel, PassLength } from './pass_spans';
import { createRecorder, type Upload } from './recorder';

/** Ranks that share a GPUDevice: the commands recorded for it, and when it did them. */
export type Lane = ReturnType<typeof createLane>;

/** What a read of the device brought, and when the host had it. */
export type Read = MappedBytes & { readonly at: number };

const NO_STAMPS: ResolvedPasses = { first: 0, ranges: [] };

/**
 * `ranks` take turns on the device of `engine`. Kernels that follow one another share a pass where it is known what
 * each takes, or where nobody asks: a pass with timestamps has its price. `onFailure` hears of a device that is lost.
 */
export function createLane(
  engine: Engine,
  ranks: readonly number[],
  clock: ClockBounds,
  stepMs: number,
  { lengths, untraced }: { readonly lengths: PassLength; readonly untraced: boolean },
  onFailure: (cause: unknown) => void,
) {
  const { device } = engine.gpu;
  const recorder = createRecorder(clock, ranks.length, stepMs, lengths);
  engine.timestamps?.reset();
  let encoder = device.createCommandEncoder();
  /** Commands and kernels since the last seal, and what they read. */
  let recorded = 0;
  let kernels = 0;
  let asked: Asked[] = [];
  /** What is held back, ready to be submitted before what was recorded since. */
  const sealed: Sealed[] = [];
  /** The pass that is being recorded, to which more of its kind may be added. */
  let open: {
    readonly of: 'kernels' | 'copies';
    readonly pass: GPUComputePassEncoder;
    readonly number: number;
  } | null = null;
  /** The pass of the last kernel that wrote each value, by its number with the recorder. */
  const writtenBy = new Map<string, number>();

  const endPass = (): void => {
    open?.pass.end();
    open = null;
  };
  /** The open pass of this kind, a new one where none is open. */
  const passOf = (of: 'kernels' | 'copies') => {
    if (open?.of === of) return open;
    endPass();
    const timestampWrites = engine.timestamps?.next();
    const pass = encoder.beginComputePass(timestampWrites && { timestampWrites });
    open = { of, pass, number: recorder.add() };
    return open;
  };
  /** A pass with nothing in it, which tells when all before it was done. Answers its number. */
  const mark = (): number | null => {
    if (!engine.timestamps) return null;
    endPass();
    const { number } = passOf('kernels');
    endPass();
    return number;
  };
  /** Makes what was recorded ready for a submit of its own, so that this takes the least. */
  const seal = (): void => {
    if (recorded === 0) return;
    endPass();
    engine.hostWriter.submitting();
    sealed.push({ submit: recorder.seal(), commands: encoder.finish(), asked });
    encoder = device.createCommandEncoder();
    recorded = 0;
    kernels = 0;
    asked = [];
  };
  /** Submits the earliest that is sealed; answers whether there was anything. */
  const submitNext = (): boolean => {
    const next = sealed.shift();
    if (!next) return false;
    recorder.submitted(performance.now());
    device.queue.submit([next.commands]);
    if (sealed.length === 0) engine.hostWriter.submitted();
    if (!engine.timestamps)
      device.queue.onSubmittedWorkDone().then(() => recorder.fenced(next.submit, performance.now()), onFailure);
    for (const { map } of next.asked) map(next.submit);
    return true;
  };
  const takeStamps = ({ first }: ResolvedPasses, parts: readonly Uint8Array[]): void => {
    let from = first;
    for (const part of parts) {
      const values = new BigUint64Array(part.slice().buffer);
      recorder.timestamps(from, values);
      from += values.length / 2;
    }
  };

  return {
    engine,
    ranks,
    recorder,
    seal,
    submitNext,
    /** Submits all that was recorded. */
    submit(): void {
      seal();
      while (submitNext());
    },
    /** Forgets what was not submitted. */
    drop(): void {
      for (const { drop } of sealed.splice(0).flatMap((own) => own.asked)) drop();
    },
    /** Kernels that were recorded since the last seal. */
    kernels: (): number => kernels,

    /** Records a kernel. */
    compute(kernel: Kernel, record: (pass: GPUComputePassEncoder) => void): void {
      const shares = kernel.apart !== null || untraced || !engine.timestamps;
      if (!shares) endPass();
      const { pass, number } = passOf('kernels');
      record(pass);
      recorder.addToLast(kernel);
      for (const name of kernel.op.outputs) writtenBy.set(name, number);
      if (!shares) endPass();
      recorded++;
      kernels++;
    },

    /** What is recorded next begins a pass of its own, so that the end of what was is known. */
    endPass,

    /** When the pass of the kernel that wrote a value had ended, host ms; undefined while that is not known. */
    writtenAt(value: string): number | undefined {
      const pass = writtenBy.get(value);
      return pass === undefined ? undefined : recorder.endedAt(pass);
    },

    /** Whether it will be known when a value was written. */
    tells: (value: string): boolean => engine.timestamps !== null && writtenBy.has(value),

    /**
     * The same end as the GPU stamped it, for what it does next: a stamp may be rounded down, but so are later ones.
     */
    stampedAt(value: string): number | undefined {
      const pass = writtenBy.get(value);
      return pass === undefined ? undefined : recorder.passes[pass]?.ran?.end;
    },

    /** Records a copy of rows that have arrived, from one of its ranks' buffers to another's. */
    copy(copied: Omit<Copied, 'pass'>, launch: Launch): void {
      const { pass, number } = passOf('copies');
      engine.launcher.record(pass, launch);
      recorder.copied({ ...copied, pass: number });
      recorded++;
    },

    /**
     * Records that what rank `from` sent to one of its ranks goes into that rank's buffer. No reason to submit: it goes
     * with the first kernel that may need it, since each submit with bytes of the host has its price.
     */
    upload({ op, from, rank }: Omit<Upload, 'pass'>, target: GPUBuffer, to: number, bytes: Uint8Array): void {
      endPass();
      engine.hostWriter.write(encoder, target, to, bytes);
      recorder.uploaded({ op, from, rank, pass: mark() });
    },

    /**
     * Seals what was recorded, and reads ranges of its buffers once that is submitted; with the times of the kernel
     * that wrote `value`, if given, and with all times not read yet if `all`.
     */
    read(ranges: readonly BufferRange[], value: string | null, all: boolean): Promise<Read> {
      endPass();
      const { timestamps } = engine;
      const pass = value === null ? undefined : writtenBy.get(value);
      const own = (pass !== undefined && timestamps?.resolveOne(encoder, pass)) || NO_STAMPS;
      const stamps = (all && timestamps?.resolve(encoder)) || NO_STAMPS;
      recorded++;
      const { map, drop } = engine.readback.hold(encoder, [...ranges, ...own.ranges, ...stamps.ranges]);
      const mapped = new Promise<Read>((resolve, reject) => {
        const heard =
          (submit: number) =>
          ({ parts, release }: MappedBytes) => {
            const at = performance.now();
            recorder.known(submit, at);
            takeStamps(own, parts.slice(ranges.length, ranges.length + own.ranges.length));
            takeStamps(stamps, parts.slice(ranges.length + own.ranges.length));
            resolve({ parts: parts.slice(0, ranges.length), release, at });
          };
        asked.push({ map: (submit) => void map().then(heard(submit)).catch(reject), drop });
      });
      seal();
      return mapped;
    },
  };
}

/** What a read does when its commands are submitted, and when they never are. */
type Asked = { readonly map: (submit: number) => void; readonly drop: () => void };

/** Commands of one submit, by its number with the recorder. */
type Sealed = { readonly submit: number; readonly commands: GPUCommandBuffer; readonly asked: readonly Asked[] };
