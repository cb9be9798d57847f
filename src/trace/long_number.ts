/** A number with more digits than a double is sure to keep, as it is written. */
export class LongNumber {
  constructor(readonly digits: string) {}
}

/** What stands in JSON as a number. */
export const numberOf = (digits: string): number | LongNumber =>
  digits.length <= 15 ? Number(digits) : new LongNumber(digits);

/** Everything in a value that is a LongNumber, as the nearest double. */
export function withDoubles(value: unknown): unknown {
  if (value instanceof LongNumber) return Number(value.digits);
  if (Array.isArray(value)) return value.map(withDoubles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, withDoubles(own)]));
}

/**
 * A time in two doubles, of which the first is whole: microseconds since 1970 have too many digits for one that keeps
 * nanoseconds too.
 */
export type ExactTime = { readonly whole: number; readonly fraction: number };

/** A time as JSON has it: a number, or digits; null for anything else. */
export function exactTime(value: unknown): ExactTime | null {
  if (typeof value === 'number') {
    const whole = Math.trunc(value);
    return Number.isFinite(value) ? { whole, fraction: value - whole } : null;
  }
  const digits = value instanceof LongNumber ? value.digits : value;
  if (typeof digits !== 'string') return null;
  const plain = /^(-?)(\d+)(\.\d+)?$/.exec(digits);
  if (!plain) return /^-?\d+(\.\d+)?e[+-]?\d+$/i.test(digits) ? exactTime(Number(digits)) : null;
  const [, sign, whole, fraction] = plain;
  const factor = sign ? -1 : 1;
  const time = { whole: factor * Number(whole), fraction: factor * Number(`0${fraction ?? ''}`) };
  return Number.isFinite(time.whole) ? time : null;
}

/** A whole number as JSON has it, or as digits in a text; null for anything else. */
export function wholeNumber(value: unknown): bigint | null {
  const digits = value instanceof LongNumber ? value.digits : String(value);
  return /^-?\d{1,30}$/.test(digits) ? BigInt(digits) : null;
}
