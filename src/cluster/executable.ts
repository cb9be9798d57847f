import type { Connectivity } from '../connectivity/connectivity';
import type { BufferPool, Storage } from '../gpu/buffers';
import { bindableBytes, withinMemory } from '../gpu/device';
import type { Engine } from '../gpu/engine';
import type { Launch } from '../gpu/launcher';
import { shapeClassOf } from '../gpu/variants/shape_class';
import type { ModelSpec } from '../model/spec';
import { scoped } from '../program/builder';
import type { Dim } from '../program/dim';
import type { KernelCall, KernelName, NamedSizes } from '../program/kernels';
import { type LoweringOptions, lower } from '../program/lower';
import { bytesOf, type Program, rowWordsOf } from '../program/program';
import type { Cost, Order, Resume, ScheduleKind } from '../schedule/orders';
import { schedule } from '../schedule/schedule';
import { InputError } from '../words/error';
import { megabytes } from '../words/megabytes';
import { phrase } from '../words/phrase';
import type { Cluster, Rank } from './cluster';
import type { Feed } from './feed';
import { checkRoom } from './fits';
import { memoryOfRun } from './memory';
import { runOrders } from './run';
import type { BoundRank, RunOptions, RunResult } from './run_contract';
import { type Carried, createStream, type Stream } from './stream';

/**
 * A program bound to a cluster. It owns its launches, the buffers of its values and what it alone keeps (caches), and
 * frees them.
 */
export type Executable = {
  readonly program: Program;
  readonly schedule: (kind: ScheduleKind, cost: Cost, resume?: Resume) => Order[];
  /** Runs orders of the program (run.ts), one run at a time. */
  readonly run: (orders: readonly Order[], feeds: readonly Feed[], options: RunOptions) => Promise<RunResult>;
  /** Its steps one after the other without a trace, on a rank alone. */
  readonly stream: (orders: readonly Order[], carried: Carried, first: Uint32Array<ArrayBuffer>) => Stream;
  /** The kernels that it ran so far, with sizes of each class of shapes. */
  readonly calls: () => { readonly kernel: KernelName; readonly sizes: NamedSizes }[];
  /** The buffer of a value that a rank keeps. */
  readonly keptOn: (rank: number, name: string) => Storage | undefined;
  /** Bytes of what it alone keeps, of all ranks together. */
  readonly keptBytes: number;
  /** Bytes of all buffers that it has by now: what it keeps, and those of values of runs so far. */
  readonly heldBytes: () => number;
  /**
   * What its buffers will have after a run, predicted (memory.ts): bytes. Throws InputError, with the numbers, where a
   * value is larger than the GPU can bind, or the GPU has no room for all.
   */
  readonly predict: (orders: readonly Order[], feeds: readonly Feed[]) => Promise<number>;
  readonly destroy: () => void;
};

/** What each rank knows of the sizes of values that the executable keeps: rows of caches. */
type KeptSymbols = readonly ReadonlyMap<string, number>[];

/**
 * A model under a connectivity, lowered for a cluster and bound to it. Throws InputError when the GPU has no room for
 * what it keeps.
 */
export const createExecutable = (
  cluster: Cluster,
  spec: ModelSpec,
  connectivity: Connectivity,
  options: Omit<LoweringOptions, 'plan'>,
  keptSymbols?: KeptSymbols,
): Promise<Executable> =>
  bindProgram(cluster, lower(spec, connectivity, { ...options, plan: cluster.plan }), keptSymbols && { keptSymbols });

/** What a program is bound to beside its cluster; all of it must last longer. */
export type Beside = {
  readonly keptSymbols?: KeptSymbols;
  /** What another program keeps by the same names, both keep together. */
  readonly executable?: Executable;
  /** Values of the scope of this name are those of a cluster of its own. */
  readonly scope?: { readonly name: string; readonly cluster: Cluster };
};

/** Binds a program: compiles its kernels and takes the buffers that it keeps. */
export async function bindProgram(cluster: Cluster, program: Program, beside: Beside = {}): Promise<Executable> {
  const { scope } = beside;
  if (scope && (scope.cluster.plan.kind !== cluster.plan.kind || scope.cluster.plan.ranks !== cluster.plan.ranks))
    throw new Error(`the ${scope.name} is spread over ranks in another way`);
  const calls = program.operations.map((op) =>
    op.kind === 'compute'
      ? lastingSizes(op)
      : ({ kernel: 'copy_parts', sizes: { width: rowWordsOf(program.values.get(op.input)!) } } as const),
  );
  const engines = [...new Set(cluster.ranks.map(({ engine }) => engine))];
  await Promise.all(engines.map(({ launcher }) => launcher.prepare(calls)));
  const bound = cluster.ranks.map((rank) => ({
    rank,
    pools: { own: rank.engine.createPool(), arriving: rank.engine.createPool() },
    launches: createLaunches(rank.engine),
  }));
  const destroy = () => {
    for (const { pools, launches } of bound) {
      pools.own.destroy();
      pools.arriving.destroy();
      launches.destroy();
    }
  };
  const keep = () =>
    bound.map(
      ({ rank, pools, launches }): BoundRank => ({
        rank,
        pools,
        kept: keptBuffers(rank, pools.own, program, beside),
        launchOf: launches.launchOf,
        copyOf: launches.copyOf,
      }),
    );
  let own: BoundRank[];
  let keptBytes: number;
  try {
    const { result, refused } = await withinMemory(
      engines.map(({ gpu }) => gpu),
      keep,
    );
    own = result;
    keptBytes = bound.reduce((sum, { pools }) => sum + pools.own.heldBytes(), 0);
    if (refused)
      throw new InputError(
        phrase`Caches and an optimizer's averages need ${megabytes(keptBytes)}, which this GPU did not have; ask for fewer tokens or requests, or for a smaller model.`,
      );
  } catch (cause) {
    destroy();
    throw cause;
  }
  return {
    program,
    keptBytes,
    heldBytes: () => bound.reduce((sum, { pools }) => sum + pools.own.heldBytes() + pools.arriving.heldBytes(), 0),
    async predict(orders, feeds) {
      const { gpu } = engines[0]!;
      const limit = bindableBytes(gpu.device);
      const values = memoryOfRun(program, orders, feeds, limit);
      const free = bound.reduce(
        (sum, { pools }) => sum + pools.own.heldBytes() + pools.arriving.heldBytes(),
        -keptBytes,
      );
      await checkRoom(cluster, values, { keptBytes, haveBytes: free });
      return keptBytes + values.bytes;
    },
    destroy,
    calls: () => bound.flatMap(({ launches }) => launches.calls()),
    keptOn: (rank, name) => own[rank]!.kept.get(name),
    schedule: (kind, cost, resume) => schedule(program, kind, cost, resume),
    stream: (orders, carried, first) => createStream(own[0]!, program, orders, carried, first),
    run: (orders, feeds, options) => runOrders(own, program, orders, feeds, options),
  };
}

/** A kernel with those of its sizes that are the same in all runs. */
const lastingSizes = ({ kernel, sizes }: KernelCall) => ({
  kernel,
  sizes: Object.fromEntries(Object.entries<Dim>(sizes).filter(([, dim]) => typeof dim === 'number')) as NamedSizes,
});

/** The buffers of a program's kept values: the rank's own, and new ones of `pool` for what the program alone keeps. */
function keptBuffers(
  rank: Rank,
  pool: BufferPool,
  program: Program,
  { keptSymbols = [], executable, scope }: Beside,
): Map<string, Storage> {
  const symbols = keptSymbols[rank.index] ?? new Map<string, number>();
  const ofScope = (name: string): Storage | undefined =>
    scope && name.startsWith(scoped(scope.name, ''))
      ? scope.cluster.ranks[rank.index]!.kept.get(name.slice(scoped(scope.name, '').length))
      : rank.kept.get(name);
  const kept = new Map<string, Storage>();
  for (const value of program.values.values()) {
    if (value.lives !== 'kept') continue;
    const storage =
      value.origin === 'zeros'
        ? (executable?.keptOn(rank.index, value.name) ?? pool.reserve(bytesOf(value, symbols)))
        : ofScope(value.name);
    if (storage && value.origin === 'checkpoint' && storage.bytes < bytesOf(value, symbols))
      throw new Error(`${value.name} is of another size`);
    if (!storage) throw new Error(`rank ${rank.index} does not keep ${value.name}, which comes from a ${value.origin}`);
    kept.set(value.name, storage);
  }
  return kept;
}

function createLaunches({ launcher }: Engine) {
  /** Of an order its launch; of a collective's start those of its copies, by their first senders. */
  const launches = new Map<Order, Launch[]>();
  const calls = new Map<string, { readonly kernel: KernelName; readonly sizes: NamedSizes }>();
  const launchFor = (
    order: Order,
    index: number,
    kernel: KernelName,
    sizes: NamedSizes,
    buffers: readonly Storage[],
    onNew: (launch: Launch) => void,
  ): Launch => {
    const own = launches.get(order) ?? [];
    const known = own[index];
    if (known && launcher.matches(known, sizes, buffers)) return known;
    // The one before was submitted in an earlier run.
    const launch = known ? launcher.bindAgain(known, sizes, buffers) : launcher.bind(kernel, sizes, buffers);
    own[index] = launch;
    launches.set(order, own);
    onNew(launch);
    return launch;
  };
  return {
    launchOf: (order: Extract<Order, { do: 'compute' }>, sizes: NamedSizes, buffers: readonly Storage[]): Launch =>
      launchFor(order, 0, order.op.kernel, sizes, buffers, (launch) =>
        calls.set(shapeClassOf(launch.kernel, sizes), launch),
      ),
    copyOf: (start: Order, first: number, sizes: NamedSizes, buffers: readonly Storage[]): Launch =>
      launchFor(start, first, 'copy_parts', sizes, buffers, () => {}),
    calls: () => [...calls.values()].map(({ kernel, sizes }) => ({ kernel, sizes })),
    destroy(): void {
      for (const own of launches.values()) for (const launch of own) if (launch) launcher.release(launch);
      launches.clear();
    },
  };
}
