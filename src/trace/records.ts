import type { ExactTime } from './long_number';

/**
 * Kernels by columns, since a trace may have millions: what each is called (its place in `names`), its process, times.
 */
export type Records = {
  readonly count: number;
  readonly names: readonly string[];
  readonly name: Uint32Array<ArrayBuffer>;
  readonly process: Uint32Array<ArrayBuffer>;
  /** ms. */
  readonly start: Float64Array<ArrayBuffer>;
  readonly length: Float64Array<ArrayBuffer>;
};

/** Microseconds from `origin`, in ms; exact, since both are whole but for a fraction. */
export const msSince = (origin: number, { whole, fraction }: ExactTime): number => (whole - origin + fraction) / 1000;

/** Gathers kernels, of whose times the first is only known when all are. */
export function createRecords() {
  const names: string[] = [];
  const places = new Map<string, number>();
  let count = 0;
  let room = 1024;
  let name = new Uint32Array(room);
  let process = new Uint32Array(room);
  let whole = new Float64Array(room);
  let fraction = new Float64Array(room);
  let length = new Float64Array(room);
  const grow = () => {
    room *= 2;
    const more = <T extends Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    name = more(name, new Uint32Array(room));
    process = more(process, new Uint32Array(room));
    whole = more(whole, new Float64Array(room));
    fraction = more(fraction, new Float64Array(room));
    length = more(length, new Float64Array(room));
  };
  const placeOf = (called: string): number => {
    const known = places.get(called);
    if (known !== undefined) return known;
    places.set(called, names.length);
    return names.push(called) - 1;
  };
  return {
    add(called: string, of: number, start: ExactTime, us: number): void {
      if (count === room) grow();
      name[count] = placeOf(called);
      process[count] = of;
      whole[count] = start.whole;
      fraction[count] = start.fraction;
      length[count] = us / 1000;
      count++;
    },
    /** Whole microseconds at which they begin, in no order; a view. */
    starts: (): Float64Array => whole.subarray(0, count),
    /** Those that begin at `origin` or later, by less than `within` microseconds. */
    since(origin: number, within: number): Records {
      const kept = new Uint32Array(count);
      let last = 0;
      for (let i = 0; i < count; i++) if (whole[i]! >= origin && whole[i]! - origin < within) kept[last++] = i;
      const of = kept.subarray(0, last);
      const start = Float64Array.from(of, (i) => msSince(origin, { whole: whole[i]!, fraction: fraction[i]! }));
      return {
        count: last,
        names,
        name: Uint32Array.from(of, (i) => name[i]!),
        process: Uint32Array.from(of, (i) => process[i]!),
        start,
        length: Float64Array.from(of, (i) => length[i]!),
      };
    },
  };
}
