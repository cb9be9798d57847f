import type { Collective, Compute } from '../program/program';
import { type Pass, piecesOf, turnsOf } from '../trace/rounds';
import type { ComputeSpan, CopySpan, Interval } from '../trace/span';

/** A kernel on a rank; `awaited` is what the rank had waited for last. */
export type Kernel = {
  readonly rank: number;
  readonly op: Compute;
  readonly flops: number | null;
  readonly awaited: Collective | null;
  /** What it takes by kernels timed apart; null where they were not. */
  readonly apart: KernelTime | null;
};

/** What a kernel takes, ms, and how far off that can be. */
export type KernelTime = { readonly ms: number; readonly errorMs: number };

/**
 * Whether a pass lasts as its timestamps say, or, where these are too coarse, what its kernels took when timed apart.
 */
export type PassLength = 'stamped' | 'calibrated';

/** Kernel times as they are, or all as short or as long as their errors allow. */
export type Tilt = -1 | 0 | 1;

/**
 * Kernels that were recorded for the GPU in one pass, none being a pass that only tells the time, and, once known, when
 * it ran (host ms).
 */
export type RecordedPass = {
  readonly kernels: readonly Kernel[];
  readonly submit: number;
  ran: { readonly start: number; readonly end: number } | null;
};

/** What the GPU copied into a rank's buffer of a collective, in a pass of copies. */
export type Copied = {
  readonly op: Collective;
  readonly rank: number;
  readonly bytes: number;
  readonly pass: number;
};

/** What is known of a GPUDevice that `sharing` ranks share, in one run; times are host ms. */
export type Recorded = {
  readonly passes: readonly RecordedPass[];
  readonly copies: readonly Copied[];
  /** Of each submit: when it was handed over, and when its fence was passed. */
  readonly submittedAt: readonly number[];
  readonly doneAt: readonly (number | undefined)[];
  readonly sharing: number;
  readonly lengths: PassLength;
};

/** When a rank could go on that waited for a collective, host ms. */
export type WaitedUntil = (op: Collective, rank: number) => number;

/** Spans of all kernels that the GPU stamped, in ms since `origin`. */
export function timedSpansOf(
  recorded: Recorded,
  origin: number,
  waitedUntil: WaitedUntil,
  resolutionMs: number,
  tilt: Tilt,
): ComputeSpan[] {
  const { sharing } = recorded;
  return roundsOf(kernelTurnsIn(recorded, tilt)).flatMap((round) => {
    const turns = round.map(({ turn }) => turn);
    return piecesOf(turns, sharing, soonest(recorded, round, waitedUntil)).map((pieces, i): ComputeSpan => {
      const { kernel, submit, source } = round[i]!;
      const [start, end] = turns[i]!;
      return {
        ...spanOf(recorded, kernel, submit, pieces.length > 0 ? pieces : [[end, end]], origin, waitedUntil),
        source,
        gpuMs: end - start,
        turnAt: start - origin,
        uncertain: source === 'gpu' && end - start < resolutionMs,
      };
    });
  });
}

/** A kernel and what it had of the GPU, by the stamps of its pass or by its share of that. */
type KernelTurn = {
  readonly kernel: Kernel;
  readonly submit: number;
  readonly turn: Interval;
  readonly source: 'gpu' | 'calibrated';
};

/** Kernels whose passes' times are known, in order; null where others are between. */
function kernelTurnsIn(recorded: Recorded, tilt: Tilt): (KernelTurn | null)[] {
  const turns = turnsIn(recorded, tilt);
  return recorded.passes.flatMap(({ kernels, submit }, i): (KernelTurn | null)[] => {
    const turn = turns[i]!;
    if (!turn || kernels.length === 0) return [null];
    const source = kernels.length > 1 || recorded.lengths === 'calibrated' ? 'calibrated' : 'gpu';
    const shares = sharesOf(turn, kernels, tilt);
    return kernels.map((kernel, k) => ({ kernel, submit, turn: shares[k]!, source }));
  });
}

/** The turn of a pass, divided among its kernels in order, by what they take when timed apart. */
function sharesOf([start, end]: Interval, kernels: readonly Kernel[], tilt: Tilt): Interval[] {
  const times = kernels.map(({ apart }) => timeOf(apart, tilt));
  const total = times.reduce((sum, ms) => sum + ms, 0);
  let done = 0;
  let from = start;
  return times.map((ms, i): Interval => {
    done += total > 0 ? ms / total : 1 / times.length;
    const until = i === times.length - 1 ? end : start + done * (end - start);
    const share: Interval = [from, until];
    from = until;
    return share;
  });
}

const timeOf = (apart: KernelTime | null, tilt: Tilt): number =>
  apart ? Math.max(0, apart.ms + tilt * apart.errorMs) : 0;

/** Nothing was computed in a round before all that it waited for was there, nor before the host handed it over. */
const soonest = ({ submittedAt }: Recorded, round: readonly KernelTurn[], waitedUntil: WaitedUntil): number =>
  round.reduce(
    (latest, { kernel }) => Math.max(latest, waitedBy(kernel, waitedUntil)),
    submittedAt[round[0]!.submit] ?? Number.NEGATIVE_INFINITY,
  );

const waitedBy = ({ awaited, rank }: Kernel, waitedUntil: WaitedUntil): number =>
  awaited ? waitedUntil(awaited, rank) : Number.NEGATIVE_INFINITY;

/**
 * Spans where only fences tell the time: one a submit and rank, of all its kernels, from when it could start until the
 * submit was done.
 */
export function fencedSpansOf(recorded: Recorded, origin: number, waitedUntil: WaitedUntil): ComputeSpan[] {
  const { passes, submittedAt, doneAt } = recorded;
  const out: ComputeSpan[] = [];
  const lastOf = new Map<number, { readonly submit: number; readonly index: number; readonly end: number }>();
  for (const { kernel, submit, ran } of passes.flatMap((pass) => pass.kernels.map((kernel) => ({ ...pass, kernel })))) {
    const end = doneAt[submit];
    if (ran || end === undefined) continue;
    const last = lastOf.get(kernel.rank);
    if (last?.submit === submit) {
      out[last.index] = joined(out[last.index]!, kernel);
      continue;
    }
    const ready = Math.max(submittedAt[submit] ?? 0, waitedBy(kernel, waitedUntil), last?.end ?? 0);
    lastOf.set(kernel.rank, { submit, index: out.length, end });
    out.push(spanOf(recorded, kernel, submit, [[Math.min(ready, end), end]], origin, waitedUntil));
  }
  return out;
}

/** A span of several kernels, with one more. */
const joined = (span: ComputeSpan, { op, flops }: Kernel): ComputeSpan => ({
  ...span,
  name: `${span.name.replace(/ … .*/, '')} … ${op.name}`,
  kernel: null,
  flops: span.flops === null || flops === null ? null : span.flops + flops,
});

/** Copies whose times are known, in ms since `origin`: those of one pass all at once. */
export function copySpansOf(recorded: Recorded, origin: number, tilt: Tilt): CopySpan[] {
  const turnOf = turnsIn(recorded, tilt);
  return recorded.copies.flatMap(({ op: { id, name, block, phase, layer }, rank, bytes, pass }): CopySpan[] => {
    const turn = turnOf[pass];
    if (!turn) return [];
    const [start, end] = [turn[0] - origin, turn[1] - origin];
    return [{ kind: 'copy', op: id, rank, name, block, phase, layer, start, end, source: 'gpu', bytes }];
  });
}

function spanOf(
  { submittedAt, sharing }: Recorded,
  kernel: Kernel,
  submit: number,
  pieces: readonly Interval[],
  origin: number,
  waitedUntil: WaitedUntil,
): ComputeSpan {
  const { rank, op, flops, awaited } = kernel;
  const own = pieces.map(([start, end]): Interval => [start - origin, end - origin]);
  return {
    kind: 'compute',
    op: op.id,
    rank,
    name: op.name,
    kernel: op.kernel,
    block: op.block,
    phase: op.phase,
    layer: op.layer,
    start: own[0]![0],
    end: own.at(-1)![1],
    pieces: own,
    source: 'host',
    gpuMs: null,
    turnAt: null,
    sharing,
    uncertain: false,
    flops,
    submitted: (submittedAt[submit] ?? 0) - origin,
    awaited: awaited && { op: awaited.id, at: waitedBy(kernel, waitedUntil) - origin },
  };
}

/** What each pass had of the GPU; null for those whose times are not known. */
function turnsIn({ passes, lengths }: Recorded, tilt: Tilt): (Interval | null)[] {
  const known = passes.flatMap(({ ran, kernels }): Pass[] => {
    if (!ran) return [];
    if (lengths === 'stamped' || kernels.length === 0) return [ran];
    return [{ ...ran, took: kernels.reduce((sum, { apart }) => sum + timeOf(apart, tilt), 0) }];
  });
  const turns = turnsOf(known).values();
  return passes.map(({ ran }) => (ran ? turns.next().value! : null));
}

/** Turns of one operation that follow one another: each list is a round. */
function roundsOf(turns: readonly (KernelTurn | null)[]): KernelTurn[][] {
  const rounds: KernelTurn[][] = [];
  let last: Compute | null = null;
  for (const turn of turns) {
    if (turn) {
      if (turn.kernel.op === last) rounds.at(-1)!.push(turn);
      else rounds.push([turn]);
    }
    last = turn?.kernel.op ?? null;
  }
  return rounds;
}
