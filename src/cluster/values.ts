import type { BufferPool, Storage } from '../gpu/buffers';
import type { BufferRange } from '../gpu/readback';
import { isKnown } from '../program/dim';
import { bytesOf, inputsOf, type Program } from '../program/program';
import type { Feed } from './feed';

/**
 * A program's values on one rank in one run: each has a buffer from when it is first asked for until its last reader is
 * done; kept ones have theirs all the time.
 */
export type Values = ReturnType<typeof createValues>;

/** Buffers of a rank's values; those of what comes by a collective whose size only its counts tell lie apart. */
export type ValuePools<P = Pool> = { readonly own: P; readonly arriving: P };
type Pool = Pick<BufferPool, 'take' | 'give'>;

/**
 * `readers`: how many operations read each value. `kept`: the buffers of all values that the rank keeps. Runs of the
 * same orders give a value the same buffer, whatever is sooner or later in them, so that launches stay bound: all
 * buffers are taken and given back by orders, but those that wait for counts.
 */
export function createValues(
  program: Program,
  readers: ReadonlyMap<string, number>,
  pools: ValuePools,
  kept: ReadonlyMap<string, Storage>,
  feed: Feed,
) {
  const symbols = new Map(feed.symbols);
  const held = new Map<string, { readonly storage: Storage; readonly pool: Pool }>();
  const left = new Map(readers);
  const sizeOf = (name: string): number => bytesOf(program.values.get(name)!, symbols);
  const known = (name: string): Storage | undefined => kept.get(name) ?? held.get(name)?.storage;
  const takeFrom = (pool: Pool, name: string): Storage => {
    const own = known(name);
    if (own) return own;
    const storage = pool.take(sizeOf(name));
    held.set(name, { storage, pool });
    return storage;
  };
  return {
    /** Sizes that this rank knows so far. */
    symbols,
    /** The buffer of a value that was written. */
    get: (name: string): Storage => known(name)!,
    /** The buffer of a value that is to be written, or updated. */
    take: (name: string): Storage => takeFrom(pools.own, name),
    /** The same of what a collective brings, when it comes: it may have been taken when the collective was started. */
    takeArriving: (name: string): Storage => takeFrom(pools.arriving, name),
    /** Takes what a collective will bring, if its size is known. */
    expect(name: string): void {
      if (isKnown(program.values.get(name)!.rows, symbols)) takeFrom(pools.own, name);
    },
    /** One reader of a value is done. */
    release(name: string): void {
      const remaining = left.get(name)! - 1;
      left.set(name, remaining);
      const own = held.get(name);
      if (remaining > 0 || !own) return;
      held.delete(name);
      own.pool.give(own.storage);
    },
    /** An operation is done that wrote a value: it is given back if nothing reads it. */
    written(name: string): void {
      const own = held.get(name);
      if (left.get(name)! > 0 || !own) return;
      held.delete(name);
      own.pool.give(own.storage);
    },
    /** A whole value, to be read. */
    rangeOf: (name: string): BufferRange => ({ buffer: known(name)!.buffer, offset: 0, bytes: sizeOf(name) }),
    /** Gives everything back but what is kept. */
    close(): void {
      for (const { storage, pool } of held.values()) pool.give(storage);
      held.clear();
    },
  };
}

/** How many operations read each value; the host counts as one reader of an output, and of an exchange's counts. */
export function readersOf(program: Program): Map<string, number> {
  const readers = new Map<string, number>([...program.values.keys()].map((name) => [name, 0]));
  const read = (name: string) => readers.set(name, readers.get(name)! + 1);
  for (const op of program.operations) for (const name of new Set(inputsOf(op))) read(name);
  for (const { counts } of program.exchanges.values()) read(counts);
  for (const name of program.outputs) read(name);
  return readers;
}
