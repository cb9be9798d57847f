import type { CollectiveSpan, Span } from './span';

/**
 * The overlap window of a collective on a rank: from when it starts until the rank's first kernel that reads its result
 * could run, or, where none does, its end. What is computed meanwhile hides it (FarSkip-Collective, Fig. 2).
 */
export type Window = { readonly op: number; readonly rank: number; readonly start: number; readonly end: number };

export function windowsOf(spans: readonly Span[]): Window[] {
  const readAt = new Map<string, number>();
  for (const span of spans) {
    if (span.kind !== 'compute' || !span.awaited) continue;
    const key = `${span.awaited.op} ${span.rank}`;
    readAt.set(key, Math.min(readAt.get(key) ?? Number.POSITIVE_INFINITY, span.start));
  }
  return spans
    .filter((span): span is CollectiveSpan => span.kind === 'collective')
    .map(({ op, rank, start, end }) => ({ op, rank, start, end: Math.max(start, readAt.get(`${op} ${rank}`) ?? end) }));
}

/**
 * Where the paper's figure puts a letter: g, a layer's gate (router) begins; d, its Dispatch starts; c, its Combine; r,
 * an all-reduce.
 */
export type Mark = {
  readonly letter: 'g' | 'd' | 'c' | 'r';
  readonly rank: number;
  readonly layer: number | null;
  readonly at: number;
};

export function marksOf(spans: readonly Span[]): Mark[] {
  const gates = new Map<string, Mark>();
  const starts: Mark[] = [];
  for (const { kind, block, rank, layer, start } of spans) {
    if (kind === 'compute' && block === 'router') {
      const known = gates.get(`${rank} ${layer}`);
      if (!known || start < known.at) gates.set(`${rank} ${layer}`, { letter: 'g', rank, layer, at: start });
    } else if (kind === 'collective' && (block === 'dispatch' || block === 'combine' || block === 'all-reduce'))
      starts.push({ letter: block === 'dispatch' ? 'd' : block === 'combine' ? 'c' : 'r', rank, layer, at: start });
  }
  return [...gates.values(), ...starts].toSorted((a, b) => a.at - b.at);
}
