import type { Storage } from '../gpu/buffers';
import type { Piece } from '../gpu/readback';
import { type AllToAll, type Collective, type Program, readsOfOperation, resolve } from '../program/program';
import type { Rank } from './cluster';
import type { Feed } from './feed';

export const isDispatch = (op: Collective): op is AllToAll => op.kind === 'all-to-all' && op.direction === 'dispatch';

/** A program's values on one rank in one run: each has a buffer of the rank's pool from when it is first asked for until its last reader is done. */
export type Values = ReturnType<typeof createValues>;

/** `readers`: how many operations read each value. `cached`: buffers of the cached values, which stay with whoever gave them. */
export function createValues(
  program: Program,
  readers: ReadonlyMap<string, number>,
  { pool }: Rank,
  feed: Feed,
  cached: ReadonlyMap<string, Storage> | undefined,
) {
  const symbols = new Map(feed.symbols);
  const held = new Map<string, Storage>(cached);
  const left = new Map(readers);
  const bytesOf = (name: string): number => {
    const { rows, cols } = program.values.get(name)!;
    return 4 * cols * resolve(rows, symbols);
  };
  return {
    /** Sizes that this rank knows so far. */
    symbols,
    /** The buffer of a value that was written. */
    get: (name: string): Storage => held.get(name)!,
    /** The buffer of a value that is to be written. */
    take(name: string): Storage {
      const known = held.get(name);
      if (known) return known;
      const storage = pool.take(bytesOf(name));
      held.set(name, storage);
      return storage;
    },
    /** One reader of a value is done. */
    release(name: string): void {
      const remaining = left.get(name)! - 1;
      left.set(name, remaining);
      const storage = held.get(name);
      if (remaining > 0 || !storage || program.values.get(name)!.cached) return;
      held.delete(name);
      pool.give(storage);
    },
    /** A whole value, to be read. */
    piece: (name: string): Piece => ({ buffer: held.get(name)!.buffer, offset: 0, bytes: bytesOf(name) }),
    /** Gives everything back, cached values aside. */
    close(): void {
      for (const [name, storage] of held) if (!program.values.get(name)!.cached) pool.give(storage);
      held.clear();
    },
  };
}

/** How many operations read each value; the host counts as one reader of an output. */
export function readersOf(program: Program): Map<string, number> {
  const readers = new Map<string, number>([...program.values.keys()].map((name) => [name, 0]));
  const read = (name: string) => readers.set(name, readers.get(name)! + 1);
  for (const op of program.operations) {
    for (const name of new Set(readsOfOperation(op))) read(name);
    if (op.kind !== 'compute' && isDispatch(op)) read(op.counts);
  }
  for (const name of program.outputs) read(name);
  return readers;
}
