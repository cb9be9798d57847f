type Random = () => number;
const below = (random: Random, count: number): number => Math.floor(random() * count);
const oneOf = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

/** What stands where something else was expected. */
const ODD = [
  '',
  'null',
  'true',
  '-1',
  '0',
  '1e308',
  '-0.0',
  '1e-400',
  '18446744073709551615',
  '9007199254740993.25',
  'NaN',
  '"\u0000"',
  '"__proto__"',
  '"🂡\ud800"',
  '[]',
  '{}',
  '[[[[[[[[]]]]]]]]',
  '{"a":{"a":{"a":{}}}}',
  `"${'x'.repeat(5000)}"`,
  `${'['.repeat(3000)}`,
];

/**
 * A text with up to four faults, mostly one: cut, doubled, or with something else in the place of a value, a name or a
 * sign.
 */
export function mutated(random: Random, text: string): string {
  let own = text;
  for (let left = 1 + Math.floor(4 * random() ** 3); left > 0; left--) own = oneOf(random, FAULTS)(random, own);
  return own;
}

const FAULTS: readonly ((random: Random, text: string) => string)[] = [
  (random, text) => text.slice(0, below(random, text.length + 1)),
  (random, text) => text.slice(below(random, Math.min(text.length, 50) + 1)),
  (random, text) => {
    const at = below(random, text.length + 1);
    return text.slice(0, at) + oneOf(random, ODD) + text.slice(at);
  },
  (random, text) => {
    const at = below(random, text.length);
    return text.slice(0, at) + String.fromCharCode(below(random, 300)) + text.slice(at + 1);
  },
  (random, text) => {
    const [at, length] = [below(random, text.length), below(random, 300)];
    return text.slice(0, at) + text.slice(at, at + length).repeat(1 + below(random, 5)) + text.slice(at + length);
  },
  (random, text) => {
    const [at, length] = [below(random, text.length), below(random, 300)];
    return text.slice(0, at) + text.slice(at + length);
  },
  // Half of all faults change a value alone, so that what is read stays JSON.
  inPlaceOfValue,
  inPlaceOfValue,
  inPlaceOfValue,
  inPlaceOfName,
  inPlaceOfName,
];

const VALUE = /:\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)/g;
const NAME = /"(?:[^"\\]|\\.)*"(?=\s*:)/g;

function inPlaceOfValue(random: Random, text: string): string {
  return inPlace(random, text, VALUE, `:${oneOf(random, ODD)}`);
}

function inPlaceOfName(random: Random, text: string): string {
  const names = text.slice(0, 100_000).match(NAME);
  return inPlace(random, text, NAME, names && random() < 0.7 ? oneOf(random, names) : '"other"');
}

function inPlace(random: Random, text: string, what: RegExp, by: string): string {
  const from = below(random, text.length);
  what.lastIndex = from;
  const found = what.exec(text);
  return found ? text.slice(0, found.index) + by + text.slice(found.index + found[0].length) : text;
}

/** Bytes with up to three bits turned, a piece cut out, or the end cut off. */
export function mutatedBytes(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = Uint8Array.from(bytes);
  const flips = below(random, 4);
  for (let i = 0; i < flips; i++) own[below(random, own.length)]! ^= 1 << below(random, 8);
  if (random() < 0.3) return own.slice(0, below(random, own.length + 1));
  if (random() > 0.3) return own;
  const [at, length] = [below(random, own.length), below(random, 100)];
  return Uint8Array.from([...own.subarray(0, at), ...own.subarray(at + length)]);
}
