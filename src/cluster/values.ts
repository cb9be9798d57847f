import type { BufferPool, Storage } from '../gpu/buffers';
import type { BufferRange } from '../gpu/readback';
import { bytesOf, inputsOf, type Program } from '../program/program';
import type { Feed } from './feed';

/**
 * A program's values on one rank in one run: each has a buffer from when it is first asked for until its last reader is
 * done; kept ones have theirs all the time.
 */
export type Values = ReturnType<typeof createValues>;

/** `readers`: how many operations read each value. `kept`: the buffers of all values that the rank keeps. */
export function createValues(
  program: Program,
  readers: ReadonlyMap<string, number>,
  pool: BufferPool,
  kept: ReadonlyMap<string, Storage>,
  feed: Feed,
) {
  const symbols = new Map(feed.symbols);
  const held = new Map<string, Storage>();
  const left = new Map(readers);
  const sizeOf = (name: string): number => bytesOf(program.values.get(name)!, symbols);
  const get = (name: string): Storage => kept.get(name) ?? held.get(name)!;
  return {
    /** Sizes that this rank knows so far. */
    symbols,
    /** The buffer of a value that was written. */
    get,
    /** The buffer of a value that is to be written, or updated. */
    take(name: string): Storage {
      const known = get(name);
      if (known) return known;
      const storage = pool.take(sizeOf(name));
      held.set(name, storage);
      return storage;
    },
    /** One reader of a value is done. */
    release(name: string): void {
      const remaining = left.get(name)! - 1;
      left.set(name, remaining);
      const storage = held.get(name);
      if (remaining > 0 || !storage) return;
      held.delete(name);
      pool.give(storage);
    },
    /** A whole value, to be read. */
    rangeOf: (name: string): BufferRange => ({ buffer: get(name).buffer, offset: 0, bytes: sizeOf(name) }),
    /** Gives everything back but what is kept. */
    close(): void {
      for (const storage of held.values()) pool.give(storage);
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
