import type { Storage } from '../gpu/buffers';
import type { Launch } from '../gpu/launcher';
import { WORD_BYTES } from '../model/value_type';
import type { SentRows } from '../network/transfers';
import type { SizesOf } from '../program/kernels';
import { type Collective, type Program, rowBytesOf } from '../program/program';
import type { Lane } from './lane';
import type { Values } from './values';

/**
 * A rank's part of a collective could leave at `readyAt`, which the host knew at `at`; counts where an exchange is
 * announced by it.
 */
export type Announced = {
  readonly op: Collective;
  readonly rank: number;
  readonly readyAt: number;
  readonly at: number;
  readonly counts: Uint32Array | null;
};

/** Of each exchange, what each rank's send plan counted (kernels/send_plan.wgsl). */
export type ExchangeCounts = ReadonlyMap<string, readonly Uint32Array[]>;

/** The launch of a copy of what a collective brings a receiver from some senders, of which this is the first. */
type CopyOf = (
  op: Collective,
  first: number,
  receiver: number,
  sizes: SizesOf<'copy_parts', number>,
  buffers: readonly Storage[],
) => Launch;

/** Senders whose rows a launch copies at most. */
const SENDERS_A_COPY = 4;

type HostBytes = { readonly bytes: Uint8Array; readonly release: () => void };

/**
 * What ranks send: announced to the host, then copied from buffer to buffer or, between devices of their own, through
 * the host, which holds it until all of it has been passed on.
 */
export function createSending(
  program: Program,
  lanes: readonly Lane[],
  copyOf: CopyOf,
  valuesOf: readonly Values[],
  onAnnounced: (announced: Announced) => void,
  onFailure: (cause: unknown) => void,
) {
  const laneOf = valuesOf.map((_, rank) => lanes.find(({ ranks }) => ranks.includes(rank))!);
  const passing = new Map<Collective, (HostBytes | null)[]>();
  const announcing = new Set<string>();
  let over = false;
  const letGo = (op: Collective, rank: number): void => {
    const sent = passing.get(op);
    sent?.[rank]?.release();
    if (sent) sent[rank] = null;
  };
  /** The counts that this collective announces: the first of an exchange does. */
  const countsOf = (op: Collective): string | null => {
    if (op.kind !== 'all-to-all' || announcing.has(op.exchange)) return null;
    announcing.add(op.exchange);
    return program.exchanges.get(op.exchange)!.counts;
  };

  return {
    /**
     * Asks the GPU to tell when the ranks' parts of a collective are ready, with what the host must have of them; with
     * all timestamps on the way if `live`.
     */
    start(op: Collective, live: boolean): void {
      passing.set(
        op,
        valuesOf.map(() => null),
      );
      const counts = countsOf(op);
      for (const lane of lanes) {
        // Where nothing is asked for, a word of an input is: a read of nothing would not wait for it.
        const told = counts
          ? lane.ranks.map((rank) => valuesOf[rank]!.rangeOf(counts))
          : [{ ...valuesOf[lane.ranks[0]!]!.rangeOf(op.input), bytes: WORD_BYTES }];
        const sent = lanes.length === 1 ? [] : lane.ranks.map((rank) => valuesOf[rank]!.rangeOf(op.input));
        lane.read([...told, ...sent], op.input, live).then(({ parts, release, at }) => {
          if (over) return release();
          // When the kernel that wrote it ended says when it could leave, whenever the host hears of that: on the GPU's
          // clock, as the kernels are.
          const readyAt = lane.writtenAt(op.input) ?? at;
          lane.ranks.forEach((rank, i) => {
            const bytes = parts[told.length + i];
            if (bytes) passing.get(op)![rank] = { bytes, release };
            onAnnounced({ op, rank, readyAt, at, counts: counts ? new Uint32Array(parts[i]!.slice().buffer) : null });
          });
          if (sent.length === 0) release();
        }, onFailure);
      }
      if (counts) for (const values of valuesOf) values.release(counts);
    },

    /** Announces the ranks' parts at once, with the counts of an earlier run, as if the GPU had told. */
    replay(op: Collective, known: ExchangeCounts): void {
      passing.set(
        op,
        valuesOf.map(() => null),
      );
      const counts = countsOf(op);
      if (counts) for (const values of valuesOf) values.release(counts);
      const at = performance.now();
      const own = op.kind === 'all-to-all' && counts ? known.get(op.exchange)! : null;
      for (const rank of valuesOf.keys()) onAnnounced({ op, rank, readyAt: at, at, counts: own?.[rank] ?? null });
    },

    /** Copies rows that have arrived. */
    copy(op: Collective, receiver: number, parts: readonly SentRows[]): void {
      const size = rowBytesOf(program.values.get(op.input)!);
      const target = valuesOf[receiver]!.takeArriving(op.output);
      const onGpu: SentRows[] = [];
      for (const part of parts) {
        const { sender, count, from, to } = part;
        const sent = passing.get(op)?.[sender];
        if (count === 0) continue;
        if (!sent || sender === receiver) {
          onGpu.push(part);
          continue;
        }
        const content = sent.bytes.subarray(from * size, (from + count) * size);
        laneOf[receiver]!.upload({ op, from: sender, rank: receiver }, target.buffer, to * size, content);
      }
      // In their own order, whatever came first, so that a repeated run finds what it bound.
      onGpu.sort((a, b) => a.sender - b.sender);
      for (let i = 0; i < onGpu.length; i += SENDERS_A_COPY) {
        const together = onGpu.slice(i, i + SENDERS_A_COPY);
        const senders = together.map(({ sender }) => sender);
        // Places without rows have a buffer all the same.
        const inputs = [0, 1, 2, 3].map((k) => valuesOf[senders[k] ?? senders[0]!]!.get(op.input));
        const launch = copyOf(op, senders[0]!, receiver, sizesOfCopy(size / WORD_BYTES, together), [...inputs, target]);
        const bytes = together.reduce((sum, { count }) => sum + count * size, 0);
        laneOf[receiver]!.copy({ op, rank: receiver, bytes }, launch);
      }
    },

    /** All that a rank had to send has been copied. */
    sent(op: Collective, sender: number): void {
      letGo(op, sender);
    },

    /** Nothing is held once a run is over. */
    close(): void {
      over = true;
      for (const op of passing.keys()) for (const rank of valuesOf.keys()) letGo(op, rank);
    },
  };
}

/** What up to four parts are to the kernel that copies them. */
function sizesOfCopy(width: number, parts: readonly SentRows[]): SizesOf<'copy_parts', number> {
  const [first, second, third, fourth] = [0, 1, 2, 3].map((k) => parts[k] ?? { count: 0, from: 0, to: 0 });
  return {
    width,
    rows0: first!.count,
    start0: first!.from,
    to0: first!.to,
    rows1: second!.count,
    start1: second!.from,
    to1: second!.to,
    rows2: third!.count,
    start2: third!.from,
    to2: third!.to,
    rows3: fourth!.count,
    start3: fourth!.from,
    to3: fourth!.to,
  };
}
