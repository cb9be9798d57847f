/** What buffers are told apart by: `id` by age, `bytes` is what one can hold. */
type Held = { readonly id: number; readonly bytes: number };

/** From so many bytes on, a buffer may be larger than what is asked for by a part; below it by as much again. */
const FINE = 2 ** 20;
/** Steps of an octave in which large buffers are made, and how much larger one may be that is free. */
const STEPS = 16;
const LARGER = 1.25;

/** The bytes that a buffer for so many is made with, where none may have more than `limit`. */
export function sizeClassOf(bytes: number, limit: number): number {
  if (bytes > limit) return bytes;
  const octave = 2 ** Math.max(8, Math.ceil(Math.log2(Math.max(1, bytes))));
  const step = octave / 2 / STEPS;
  const size = octave <= FINE ? octave : Math.ceil(bytes / step) * step;
  return Math.min(size, limit - (limit % 4));
}

/**
 * Buffers that are used again: those given back are kept by size, the oldest taken first, so that a run repeated takes
 * the same small ones. Of large ones it may take others: where one somewhat larger is free, that is taken.
 */
export function createReuse<T extends Held>(limit: number, allocate: (bytes: number) => T) {
  const free = new Map<number, T[]>();
  const fitting = (size: number): number | undefined => {
    if (free.get(size)?.length || size <= FINE) return size;
    let best: number | undefined;
    for (const [own, list] of free)
      if (list.length > 0 && own > size && own <= LARGER * size && own < (best ?? Number.POSITIVE_INFINITY)) best = own;
    return best;
  };
  return {
    /** One of at least `bytes`, with whatever it held before. */
    take(bytes: number): T {
      const size = sizeClassOf(bytes, limit);
      return free.get(fitting(size) ?? size)?.shift() ?? allocate(size);
    },
    give(one: T): void {
      const list = free.get(one.bytes) ?? [];
      const younger = list.findIndex(({ id }) => id > one.id);
      list.splice(younger < 0 ? list.length : younger, 0, one);
      free.set(one.bytes, list);
    },
    clear: (): void => free.clear(),
  };
}
