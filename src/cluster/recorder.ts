import type { Engine } from '../gpu/engine';
import type { Compute } from '../program/program';
import { type ClockBounds, narrow, offsetOf, toMs, UNKNOWN_CLOCK } from '../trace/clock';
import type { ComputeSpan } from '../trace/span';

/** A kernel recorded for the GPU: when its rank could start it at the earliest, and, once known, when it ran. */
export type PassRecord = {
  readonly rank: number;
  readonly op: Compute;
  readonly flops: number;
  /** When the last message that it waited for arrived, host ms; 0 when it waited for none. */
  readonly availableAt: number;
  submit: number;
  ran: { readonly beginNs: bigint; readonly endNs: bigint } | null;
};

/**
 * Collects what the GPU did in one run and turns it into compute spans. With timestamps a span a kernel, on the GPU's
 * clock calibrated by `bounds`; without, a span a submit and rank, ended by the fence of that submit.
 */
export function createRecorder(bounds: ClockBounds) {
  const passes: PassRecord[] = [];
  const submittedAt: number[] = [];
  const doneAt: number[] = [];
  let clock = bounds;
  return {
    passes,
    add(pass: Omit<PassRecord, 'submit' | 'ran'>): void {
      passes.push({ ...pass, submit: submittedAt.length, ran: null });
    },
    submitted(at: number): number {
      return submittedAt.push(at) - 1;
    },
    fenced(submit: number, at: number): void {
      doneAt[submit] = at;
    },
    /** Timestamps of the passes from `first` on, two nanosecond values a pass, known to the host at `knownAt`. */
    timestamps(first: number, values: BigUint64Array, knownAt: number): void {
      for (let i = 0; 2 * i < values.length; i++) {
        const pass = passes[first + i]!;
        pass.ran = { beginNs: values[2 * i]!, endNs: values[2 * i + 1]! };
        clock = narrow(clock, submittedAt[pass.submit]!, pass.ran.beginNs, pass.ran.endNs, knownAt);
      }
    },
    clockErrorMs: (): number => offsetOf(clock).error,
    clock: (): ClockBounds => clock,
    /** Spans of all passes whose times are known, in ms since `origin` (host ms). */
    spans(origin: number): ComputeSpan[] {
      const { offset } = offsetOf(clock);
      const out: ComputeSpan[] = [];
      const endOfRank = new Map<number, number>();
      const openOfRank = new Map<number, { submit: number; index: number }>();
      for (const { rank, op, flops, availableAt, submit, ran } of passes) {
        const { name, block, layer } = op;
        const mayStart = Math.max(submittedAt[submit] ?? 0, availableAt, endOfRank.get(rank) ?? 0);
        if (ran) {
          const end = toMs(ran.endNs) + offset;
          const start = Math.min(mayStart, end);
          endOfRank.set(rank, end);
          out.push({
            kind: 'compute',
            op: op.id,
            rank,
            name,
            block,
            layer,
            start: start - origin,
            end: end - origin,
            clock: 'gpu',
            gpuMs: toMs(ran.endNs - ran.beginNs),
            flops,
          });
          continue;
        }
        const end = doneAt[submit];
        if (end === undefined) continue;
        const open = openOfRank.get(rank);
        if (open?.submit === submit) {
          const earlier = out[open.index]!;
          out[open.index] = { ...earlier, name: `${earlier.name.replace(/ … .*/, '')} … ${name}`, flops: earlier.flops + flops };
          continue;
        }
        openOfRank.set(rank, { submit, index: out.length });
        endOfRank.set(rank, end);
        out.push({
          kind: 'compute',
          op: op.id,
          rank,
          name,
          block,
          layer,
          start: Math.min(mayStart, end) - origin,
          end: end - origin,
          clock: 'host',
          gpuMs: null,
          flops,
        });
      }
      return out;
    },
  };
}

/** Bounds of the GPU's clock from a few empty passes, each submitted and awaited alone. */
export async function calibrate(engine: Engine): Promise<ClockBounds> {
  const { timestamps, readback, gpu } = engine;
  let bounds = UNKNOWN_CLOCK;
  if (!timestamps) return bounds;
  for (let i = 0; i < 6; i++) {
    timestamps.reset();
    const encoder = gpu.device.createCommandEncoder();
    encoder.beginComputePass({ timestampWrites: timestamps.next() }).end();
    const map = readback.record(encoder, timestamps.resolve(encoder).pieces);
    const submitted = performance.now();
    gpu.device.queue.submit([encoder.finish()]);
    const [values] = await map();
    const known = performance.now();
    const [begin, end] = new BigUint64Array(values!);
    bounds = narrow(bounds, submitted, begin!, end!, known);
  }
  timestamps.reset();
  return bounds;
}
