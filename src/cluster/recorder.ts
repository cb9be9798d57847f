import type { Engine } from '../gpu/engine';
import type { Collective } from '../program/program';
import { type ClockBounds, errorOf, narrow, offsetOf, resolutionMsOf, toMs, UNKNOWN_CLOCK } from '../trace/clock';
import type { ComputeSpan, CopySpan } from '../trace/span';
import {
  type Copied,
  copySpansOf,
  fencedSpansOf,
  type Kernel,
  type PassLength,
  type Recorded,
  type RecordedPass,
  type Tilt,
  timedSpansOf,
  type WaitedUntil,
} from './pass_spans';
import type { Pause } from './pause';

/** What rank `from` sent to `rank` in a collective, taken in from the host; `pass` tells when it was. */
export type Upload = {
  readonly op: Collective;
  readonly from: number;
  readonly rank: number;
  readonly pass: number | null;
};

/**
 * Collects what a GPUDevice that `sharing` ranks share did in one run, and turns it into spans. One offset brings the
 * GPU's clock to the host's throughout the run, the best that `bounds` give, so that it cancels in all that the GPU's
 * times alone say. `stepMs`: the step of the host's clock.
 */
export function createRecorder(bounds: ClockBounds, sharing: number, stepMs: number, lengths: PassLength = 'stamped') {
  const passes: (RecordedPass & { readonly kernels: Kernel[] })[] = [];
  const copies: Copied[] = [];
  const uploads: (Upload & { readonly submit: number })[] = [];
  const submittedAt: number[] = [];
  const doneAt: number[] = [];
  const knownAt: number[] = [];
  /** The submit that what is recorded now will go with. */
  let current = 0;
  const offset = offsetOf(bounds);
  let clock = bounds;
  /**
   * When a pass has ended for sure, host ms; undefined while that is not known. A stamp may be rounded down by a step
   * of the clock.
   */
  const endedAt = (pass: number): number | undefined => {
    const ran = passes[pass]?.ran;
    return ran ? ran.end + resolutionMsOf(clock) : undefined;
  };
  const recorded: Recorded = { passes, copies, submittedAt, doneAt, sharing, lengths };
  return {
    passes,
    /** A pass of these kernels; answers its number. */
    add(...kernels: Kernel[]): number {
      return passes.push({ kernels, submit: current, ran: null }) - 1;
    },
    /** A kernel in the last pass. */
    addToLast(kernel: Kernel): void {
      passes.at(-1)!.kernels.push(kernel);
    },
    copied(copy: Copied): void {
      copies.push(copy);
    },
    uploaded(upload: Upload): void {
      uploads.push({ ...upload, submit: current });
    },
    /** What is recorded from now on goes with a later submit; answers the number of this one. */
    seal: (): number => current++,
    /** The earliest submit that was sealed was handed over. */
    submitted(at: number): void {
      submittedAt.push(at);
    },
    fenced(submit: number, at: number): void {
      doneAt[submit] = at;
    },
    /** The host knew at `at` that the GPU had done a submit, and with it all earlier ones. */
    known(submit: number, at: number): void {
      for (let i = submit; i >= 0 && knownAt[i] === undefined; i--) knownAt[i] = at;
    },
    /** Timestamps of the passes from `first` on, two nanosecond values a pass; their submits are known to be done. */
    timestamps(first: number, values: BigUint64Array): void {
      for (let i = 0; 2 * i < values.length; i++) {
        const pass = passes[first + i]!;
        const [begin, end] = [values[2 * i]!, values[2 * i + 1]!];
        pass.ran = { start: toMs(begin) + offset, end: toMs(end) + offset };
        clock = narrow(
          clock,
          { submitted: submittedAt[pass.submit]!, begin, end, known: knownAt[pass.submit]! },
          stepMs,
        );
      }
    },
    endedAt,
    /** What the device has taken in from the host, as far as it is known when, host ms. */
    intakes: (): (Upload & { readonly at: number })[] =>
      uploads.flatMap((upload) => {
        const at = upload.pass === null ? doneAt[upload.submit] : passes[upload.pass]?.ran?.end;
        return at === undefined ? [] : [{ ...upload, at }];
      }),
    /** How far off this run's offset can be, by all that is known at its end. */
    clockErrorMs: (): number => errorOf(offset, clock),
    clock: (): ClockBounds => clock,
    /**
     * Spans of all kernels whose times are known, in ms since `origin` (host ms): with timestamps one each, without,
     * one a submit and rank, ended by its fence.
     */
    spans: (origin: number, waitedUntil: WaitedUntil, tilt: Tilt = 0): ComputeSpan[] => [
      ...timedSpansOf(recorded, origin, waitedUntil, resolutionMsOf(clock), tilt),
      ...fencedSpansOf(recorded, origin, waitedUntil),
    ],
    /** Copies whose times are known. */
    copies: (origin: number, tilt: Tilt = 0): CopySpan[] => copySpansOf(recorded, origin, tilt),
  };
}

const CALIBRATION_PASSES = 6;

/** Bounds of the GPU's clock from a few empty passes, each submitted and awaited alone. */
export async function calibrate(engine: Engine, pause: Pause): Promise<ClockBounds> {
  const { timestamps, readback, gpu } = engine;
  let bounds = UNKNOWN_CLOCK;
  if (!timestamps) return bounds;
  for (let i = 0; i < CALIBRATION_PASSES; i++) {
    timestamps.reset();
    const encoder = gpu.device.createCommandEncoder();
    encoder.beginComputePass({ timestampWrites: timestamps.next() }).end();
    const map = readback.record(encoder, timestamps.resolve(encoder).ranges);
    const submitted = performance.now();
    gpu.device.queue.submit([encoder.finish()]);
    const [values] = await pause.during(map());
    const known = performance.now();
    const [begin, end] = new BigUint64Array(values!);
    bounds = narrow(bounds, { submitted, begin: begin!, end: end!, known }, pause.stepMs);
  }
  timestamps.reset();
  return bounds;
}
