import type { Storage } from '../gpu/buffers';
import { createReuse } from '../gpu/reuse';
import { layoutOf } from '../network/all_to_all';
import type { Dim } from '../program/dim';
import { resolve } from '../program/dim';
import { bytesOf, type Compute, exchangeSymbols, outputsOf, type Program } from '../program/program';
import type { Order } from '../schedule/orders';
import type { Feed } from './feed';
import { buffersIn } from './launching';
import { createValues, readersOf } from './values';

/** What a run's values take. */
export type RunMemory = {
  /** Bytes of buffers, all ranks together. */
  readonly bytes: number;
  /** The largest value on a rank. */
  readonly largest: { readonly name: string; readonly bytes: number };
};

/**
 * What the values of a run need, found without a GPU: orders are followed, and buffers only counted. How many rows an
 * exchange brings a rank is known beforehand where experts are dealt out evenly; else it is what tokens would send that
 * choose any experts as often as others. `limit`: what a buffer may have at most.
 */
export function memoryOfRun(
  program: Program,
  orders: readonly Order[],
  feeds: readonly Feed[],
  limit: number,
): RunMemory {
  const readers = readersOf(program);
  const layouts = layoutsOf(program, feeds);
  let bytes = 0;
  let largest = { name: '', bytes: 0 };
  for (const [rank, feed] of feeds.entries()) {
    const pools = { own: countingPool(limit), arriving: countingPool(limit) };
    const kept = new Map(
      [...program.values.values()].flatMap(({ name, lives }) => (lives === 'kept' ? [[name, counted(0, 0)]] : [])),
    );
    const values = createValues(program, readers, pools, kept, feed);
    const announced = new Set<string>();
    const seen = (name: string): void => {
      const value = program.values.get(name)!;
      const own = value.lives === 'kept' ? 0 : bytesOf(value, values.symbols);
      if (own > largest.bytes) largest = { name, bytes: own };
    };
    for (const name of program.inputs) values.take(name);
    for (const order of orders) {
      const { op } = order;
      if (order.do === 'compute') buffersIn(values, order.op);
      else if (order.do === 'start') {
        values.expect(op.kind === 'compute' ? '' : op.output);
        if (op.kind !== 'all-to-all' || announced.has(op.exchange)) continue;
        announced.add(op.exchange);
        values.release(program.exchanges.get(op.exchange)!.counts);
        const symbols = exchangeSymbols(op.exchange);
        const { sent, received, pairs } = layouts.get(op.exchange)!;
        values.symbols.set(symbols.sent, sent[rank]!);
        values.symbols.set(symbols.received, received[rank]!);
        values.symbols.set(symbols.pairs, pairs[rank]!);
        values.takeArriving(op.output);
        continue;
      } else values.release(order.op.input);
      for (const name of outputsOf(op)) seen(name);
    }
    bytes += pools.own.bytes() + pools.arriving.bytes();
  }
  return { bytes, largest };
}

/** A buffer that is not there. */
const counted = (id: number, bytes: number): Storage => ({
  id,
  bytes,
  get buffer(): GPUBuffer {
    throw new Error('this buffer is only counted');
  },
});

function countingPool(limit: number) {
  let [count, total] = [0, 0];
  const { take, give } = createReuse(limit, (bytes) => {
    total += bytes;
    return counted(count++, bytes);
  });
  return { take, give, bytes: () => total };
}

type Layouts = ReadonlyMap<string, ReturnType<typeof layoutOf>>;

function layoutsOf(program: Program, feeds: readonly Feed[]): Layouts {
  const writers = new Map(
    program.operations.flatMap((op) => (op.kind === 'compute' ? op.outputs.map((name) => [name, op] as const) : [])),
  );
  return new Map(
    [...program.exchanges].map(([name, { counts, experts }]) => {
      const plan = writers.get(counts) as Extract<Compute, { kernel: 'send_plan' }>;
      const router = writers.get(plan.inputs[0]!);
      const balanced = router?.kernel === 'router_topk' && router.sizes.balanced === 1;
      const each = feeds.map(({ symbols }) => {
        const size = (dim: Dim) => resolve(dim, symbols);
        const sizes = { rows: size(plan.sizes.rows), ranks: size(plan.sizes.ranks), topK: size(plan.sizes.topK) };
        return balanced ? dealtOut({ ...sizes, experts }) : asOften({ ...sizes, experts });
      });
      return [name, layoutOf(each, experts)] as const;
    }),
  );
}

type Sizes = { readonly rows: number; readonly ranks: number; readonly topK: number; readonly experts: number };

/** Counts of a send plan where experts are dealt out evenly (kernels/router_topk.wgsl). */
function dealtOut({ rows, ranks, topK, experts }: Sizes): Uint32Array {
  const counts = new Uint32Array(experts + ranks);
  for (let row = 0; row < rows; row++) {
    const chosen = Array.from({ length: topK }, (_, slot) => (row + slot * Math.floor(experts / topK)) % experts);
    for (const expert of chosen) counts[expert]!++;
    for (const rank of new Set(chosen.map((expert) => Math.floor(expert / (experts / ranks)))))
      counts[experts + rank]!++;
  }
  return counts;
}

/** The same where every choice of experts is as likely: on the mean. */
function asOften({ rows, ranks, topK, experts }: Sizes): Uint32Array {
  let none = 1; // that none of a token's experts is on a rank
  for (let slot = 0; slot < topK; slot++) none *= (experts - experts / ranks - slot) / (experts - slot);
  const perExpert = Array.from({ length: experts }, () => Math.round((rows * topK) / experts));
  const perRank = Array.from({ length: ranks }, () => Math.round(rows * (1 - Math.max(0, none))));
  return Uint32Array.from([...perExpert, ...perRank]);
}
