import type { Span } from '../../trace/span';

/**
 * Whether each span matches a search, 0 where it does (it is the others that are drawn faintly); null for an empty one.
 * Words must all be found, in the span's name, kernel or block, or as “layer 3” and “device 1”.
 */
export function notMatching(spans: readonly Span[], search: string): Uint8Array | null {
  const words = search
    .toLowerCase()
    .replaceAll(/\b(layer|device|rank)\s+(\d+)/g, '$1$2')
    .split(/[\s,，、]+/)
    .filter(Boolean);
  if (words.length === 0) return null;
  const texts = new Map<string, boolean>();
  const out = new Uint8Array(spans.length);
  for (const [i, span] of spans.entries()) {
    const text =
      `${span.name} ${span.block} ${span.kind === 'compute' ? (span.kernel ?? '') : span.kind} layer${span.layer} device${span.rank} rank${span.rank} `.toLowerCase();
    let found = texts.get(text);
    if (found === undefined) {
      found = words.every((word) =>
        /^(layer|device|rank)\d+$/.test(word) ? text.includes(`${word} `) : text.includes(word),
      );
      texts.set(text, found);
    }
    out[i] = found ? 0 : 1;
  }
  return out;
}

/** The next span that matches after a place, or before it; −1 when none does. */
export function nextMatch(missing: ArrayLike<number>, from: number, step: 1 | -1): number {
  const count = missing.length;
  for (let n = 1; n <= count; n++) {
    const i = (((from + n * step) % count) + count) % count;
    if (missing[i] === 0) return i;
  }
  return -1;
}
