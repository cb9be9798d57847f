import { laterBy, type Span } from '../../../trace/span';
import { inColumnOrder } from '../../../trace/span_columns';
import { combinationTrack, keyOf, type Track } from '../track';
import type { Generation, GenerationResult, GenerationStep } from './result';

/** The kept steps of each model one after the other, as if nothing had lain between them. */
export const tracksOfGeneration = ({ settings, results, steps }: Generation): Track[] =>
  results.map((result) => {
    const own = steps.filter(({ combination }) => keyOf(combination) === keyOf(result));
    const begins = beginningsOf(own, result);
    return {
      ...combinationTrack(settings, result, []),
      spans: inColumnOrder(own.flatMap((step, i) => spansAt(step, begins[i]!))),
      pace: settings.link ? 'emulated' : 'instant',
      tbtMs: result.tbtMs?.median ?? null,
      steps: own.map(({ step }, i) => ({ at: begins[i]!, step })),
    };
  });

/** Where each step begins, ms. */
function beginningsOf(steps: readonly GenerationStep[], { steps: walls }: GenerationResult): number[] {
  let at = 0;
  return steps.map(({ step, spans }) => {
    const begins = at;
    at += walls[step]?.wallMs ?? spans.reduce((last, { end }) => Math.max(last, end), 0);
    return begins;
  });
}

/** Operations of different steps must not be taken for one another. */
const MOST_OPERATIONS = 1_000_000;

function spansAt({ step, spans }: GenerationStep, from: number): Span[] {
  const firsts = firstKernels(spans);
  // What lies between two steps, such as drawing the next token, is nobody's lateness.
  return spans.map((span) =>
    later(
      firsts.has(span) && span.kind === 'compute' ? { ...span, submitted: null } : span,
      from,
      step * MOST_OPERATIONS,
    ),
  );
}

/** The first kernel of each rank. */
function firstKernels(spans: readonly Span[]): Set<Span> {
  const first = new Map<number, Span>();
  for (const span of spans)
    if (span.kind === 'compute' && span.start < (first.get(span.rank)?.start ?? Number.POSITIVE_INFINITY))
      first.set(span.rank, span);
  return new Set(first.values());
}

function later(span: Span, ms: number, ops: number): Span {
  const moved = { ...laterBy(span, ms), op: span.op + ops };
  if (moved.kind !== 'compute') return moved;
  return { ...moved, awaited: moved.awaited && { ...moved.awaited, op: moved.awaited.op + ops } };
}
