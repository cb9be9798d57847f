import type { Engine } from '../gpu/engine';
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
 * `ranks` take turns on the device of `engine`. Kernels that follow one another share a pass where it is known what each
 * takes, or where no pass is timed: a pass with timestamps has its price. `onFailure` hears of a device that is lost.
 */
export function createLane(
  engine: Engine,
  ranks: readonly number[],
  clock: ClockBounds,
  stepMs: number,
  lengths: PassLength,
  onFailure: (cause: unknown) => void,
) {
  const { device } = engine.gpu;
  const recorder = createRecorder(clock, ranks.length, stepMs, lengths);
  engine.timestamps?.reset();
  let encoder = device.createCommandEncoder();
  let recorded = 0;
  /** The pass that is being recorded, to which kernels may be added. */
  let open: { readonly pass: GPUComputePassEncoder; readonly number: number } | null = null;
  /** What was recorded last since the last submit. */
  let last: 'pass' | 'copy' | null = null;
  /** The pass of the last kernel that wrote each value, by its number with the recorder. */
  const writtenBy = new Map<string, number>();

  const endPass = (): void => {
    open?.pass.end();
    open = null;
  };
  const beginPass = () => {
    const timestampWrites = engine.timestamps?.next();
    last = 'pass';
    return { pass: encoder.beginComputePass(timestampWrites && { timestampWrites }), number: recorder.add() };
  };
  /** A pass with nothing in it, which tells when all before it was done. Answers its number. */
  const mark = (): number | null => {
    if (!engine.timestamps) return null;
    const { pass, number } = beginPass();
    pass.end();
    return number;
  };
  /** What follows copies tells when they were done. */
  const endCopies = (): void => {
    if (last === 'copy') mark();
  };
  /** Submits what was recorded; answers the submit's number with the recorder, null when there was nothing. */
  const submit = (): number | null => {
    if (recorded === 0) return null;
    endPass();
    endCopies();
    const id = recorder.submitted(performance.now());
    engine.hostWriter.submitting();
    device.queue.submit([encoder.finish()]);
    engine.hostWriter.submitted();
    if (!engine.timestamps)
      device.queue.onSubmittedWorkDone().then(() => recorder.fenced(id, performance.now()), onFailure);
    encoder = device.createCommandEncoder();
    recorded = 0;
    last = null;
    return id;
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
    submit,
    recorded: (): number => recorded,

    /** Records a kernel. */
    compute(kernel: Kernel, record: (pass: GPUComputePassEncoder) => void): void {
      const shares = kernel.apart !== null || !engine.timestamps;
      if (!shares) endPass();
      open ??= beginPass();
      record(open.pass);
      recorder.addToLast(kernel);
      for (const name of kernel.op.outputs) writtenBy.set(name, open.number);
      if (!shares) endPass();
      recorded++;
    },

    /** What is recorded next begins a pass of its own, so that the end of what was is known. */
    endPass,

    /** When the pass of the kernel that wrote a value had ended, host ms; undefined while that is not known. */
    writtenAt(value: string): number | undefined {
      const pass = writtenBy.get(value);
      return pass === undefined ? undefined : recorder.endedAt(pass);
    },

    /** Records a copy of what has arrived, from one of its ranks' buffers to another's; passes around it time it. */
    copy(
      { op, rank }: Pick<Copied, 'op' | 'rank'>,
      source: GPUBuffer,
      from: number,
      target: GPUBuffer,
      to: number,
      bytes: number,
    ): void {
      endPass();
      if (last === null) mark();
      encoder.copyBufferToBuffer(source, from, target, to, bytes);
      recorder.copied({ op, rank, bytes });
      recorded++;
      last = 'copy';
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
     * Submits everything and reads ranges of its buffers; with the times of the kernel that wrote `value`, if given,
     * and with all times not read yet if `all`.
     */
    read(ranges: readonly BufferRange[], value: string | null, all: boolean): Promise<Read> {
      endPass();
      endCopies();
      const { timestamps } = engine;
      const pass = value === null ? undefined : writtenBy.get(value);
      const own = (pass !== undefined && timestamps?.resolveOne(encoder, pass)) || NO_STAMPS;
      const stamps = (all && timestamps?.resolve(encoder)) || NO_STAMPS;
      recorded++;
      const map = engine.readback.hold(encoder, [...ranges, ...own.ranges, ...stamps.ranges]);
      const id = submit()!;
      return map().then(({ parts, release }) => {
        const at = performance.now();
        recorder.known(id, at);
        takeStamps(own, parts.slice(ranges.length, ranges.length + own.ranges.length));
        takeStamps(stamps, parts.slice(ranges.length + own.ranges.length));
        return { parts: parts.slice(0, ranges.length), release, at };
      });
    },
  };
}
