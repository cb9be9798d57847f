import type { Engine } from '../gpu/engine';
import type { Collective, Compute } from '../program/program';
import { type ClockBounds, narrow, offsetOf, resolutionMsOf, toMs, UNKNOWN_CLOCK } from '../trace/clock';
import type { ComputeSpan } from '../trace/span';
import type { Pause } from './pause';

/** A kernel on a rank; `awaited` is the last collective that the rank had waited for. */
export type Kernel = {
  readonly rank: number;
  readonly op: Compute;
  readonly flops: number | null;
  readonly awaited: Collective | null;
};

/** What was recorded for the GPU, null being a pass that only tells the time, and, once known, when it ran. */
type PassRecord = {
  readonly kernel: Kernel | null;
  readonly submit: number;
  ran: { readonly beginNs: bigint; readonly endNs: bigint } | null;
};

/** What rank `from` sent to `rank` in a collective, taken in from the host; `pass` tells when it was. */
export type Upload = {
  readonly op: Collective;
  readonly from: number;
  readonly rank: number;
  readonly pass: number | null;
};

/**
 * Collects what a GPUDevice that `ranks` ranks share did in one run and turns it into spans. With timestamps a span a
 * kernel, on the GPU's clock calibrated by `bounds`; without, a span a submit and rank, ended by the fence of that
 * submit.
 */
export function createRecorder(bounds: ClockBounds, ranks: number) {
  const passes: PassRecord[] = [];
  const uploads: (Upload & { readonly submit: number })[] = [];
  const submittedAt: number[] = [];
  const doneAt: number[] = [];
  const knownAt: number[] = [];
  let clock = bounds;
  /** When a pass ended, host ms; undefined while that is not known. */
  const endedAt = (pass: number): number | undefined => {
    const ran = passes[pass]?.ran;
    return ran ? toMs(ran.endNs) + offsetOf(clock).offset : undefined;
  };
  return {
    passes,
    /** Answers the pass's number. */
    add(kernel: Kernel | null): number {
      return passes.push({ kernel, submit: submittedAt.length, ran: null }) - 1;
    },
    uploaded(upload: Upload): void {
      uploads.push({ ...upload, submit: submittedAt.length });
    },
    submitted(at: number): number {
      return submittedAt.push(at) - 1;
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
        pass.ran = { beginNs: values[2 * i]!, endNs: values[2 * i + 1]! };
        clock = narrow(clock, submittedAt[pass.submit]!, pass.ran.beginNs, pass.ran.endNs, knownAt[pass.submit]!);
      }
    },
    endedAt,
    /** What the device has taken in from the host, as far as it is known when, host ms. */
    intakes: (): (Upload & { readonly at: number })[] =>
      uploads.flatMap((upload) => {
        const at = upload.pass === null ? doneAt[upload.submit] : endedAt(upload.pass);
        return at === undefined ? [] : [{ ...upload, at }];
      }),
    clockErrorMs: (): number => offsetOf(clock).error,
    clock: (): ClockBounds => clock,
    /**
     * Spans of all passes whose times are known, in ms since `origin` (host ms). Ranks do an operation in turn, a
     * round; a rank is busy with it from when it could start until its own turn has ended, or, as a device 1/N as fast
     * would be, for N times what the GPU gave it, but no longer than the round. `waitedUntil`: when a rank could go on
     * that waited for a collective, host ms.
     */
    spans(origin: number, waitedUntil: (op: Collective, rank: number) => number): ComputeSpan[] {
      const { offset } = offsetOf(clock);
      const resolutionMs = resolutionMsOf(clock);
      const out: ComputeSpan[] = [];
      const endOfRank = new Map<number, number>();
      const openOfRank = new Map<number, { submit: number; index: number }>();
      const rounds = roundEnds(passes);
      for (const [i, { kernel, submit, ran }] of passes.entries()) {
        if (!kernel) continue;
        const { rank, op, flops, awaited } = kernel;
        const own = ran ? toMs(ran.endNs) + offset : doneAt[submit];
        if (own === undefined) continue;
        const open = openOfRank.get(rank);
        if (!ran && open?.submit === submit) {
          const earlier = out[open.index]!;
          out[open.index] = {
            ...earlier,
            name: `${earlier.name.replace(/ … .*/, '')} … ${op.name}`,
            kernel: null,
            flops: earlier.flops === null || flops === null ? null : earlier.flops + flops,
          };
          continue;
        }
        const { name, block, phase, layer } = op;
        const submitted = submittedAt[submit] ?? 0;
        const held = awaited ? waitedUntil(awaited, rank) : 0;
        const start = Math.min(Math.max(submitted, held, endOfRank.get(rank) ?? 0), own);
        const end = ran
          ? Math.max(own, Math.min(toMs(rounds[i]!) + offset, start + ranks * toMs(ran.endNs - ran.beginNs)))
          : own;
        endOfRank.set(rank, end);
        openOfRank.set(rank, { submit, index: out.length });
        out.push({
          kind: 'compute',
          op: op.id,
          rank,
          name,
          kernel: op.kernel,
          block,
          phase,
          layer,
          start: start - origin,
          end: end - origin,
          clock: ran ? 'gpu' : 'host',
          gpuMs: ran ? toMs(ran.endNs - ran.beginNs) : null,
          uncertain: ran !== null && toMs(ran.endNs - ran.beginNs) < resolutionMs,
          flops,
          submitted: submitted - origin,
          awaited: awaited && { op: awaited.id, at: held - origin },
        });
      }
      return out;
    },
  };
}

/**
 * For each pass, when the last known one of its round had ended: a round is passes of one operation that follow one
 * another.
 */
function roundEnds(passes: readonly PassRecord[]): bigint[] {
  const ends = passes.map(({ ran }) => ran?.endNs ?? 0n);
  const later = (a: bigint, b: bigint) => (a > b ? a : b);
  for (let i = 1; i < passes.length; i++)
    if (passes[i]!.kernel?.op === passes[i - 1]!.kernel?.op) ends[i] = later(ends[i]!, ends[i - 1]!);
  for (let i = passes.length - 2; i >= 0; i--)
    if (passes[i]!.kernel?.op === passes[i + 1]!.kernel?.op) ends[i] = later(ends[i]!, ends[i + 1]!);
  return ends;
}

/** Bounds of the GPU's clock from a few empty passes, each submitted and awaited alone. */
export async function calibrate(engine: Engine, pause: Pause): Promise<ClockBounds> {
  const { timestamps, readback, gpu } = engine;
  let bounds = UNKNOWN_CLOCK;
  if (!timestamps) return bounds;
  for (let i = 0; i < 6; i++) {
    timestamps.reset();
    const encoder = gpu.device.createCommandEncoder();
    encoder.beginComputePass({ timestampWrites: timestamps.next() }).end();
    const map = readback.record(encoder, timestamps.resolve(encoder).ranges);
    const submitted = performance.now();
    gpu.device.queue.submit([encoder.finish()]);
    const [values] = await pause.during(map());
    const known = performance.now();
    const [begin, end] = new BigUint64Array(values!);
    bounds = narrow(bounds, submitted, begin!, end!, known);
  }
  timestamps.reset();
  return bounds;
}
