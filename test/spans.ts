import type { CollectiveSpan, ComputeSpan, CopySpan, MessageSpan } from '../src/trace/span';

/** Spans for tests: of one layer, with little to them but what is asked for. */
const common = { name: 'k', block: 'routed', phase: 'forward', layer: 0, source: 'gpu' } as const;

/** The same of a collective. */
const dispatched = { ...common, name: 'Dispatch', block: 'dispatch' } as const;

export const compute = (rank: number, start: number, end: number, more: Partial<ComputeSpan> = {}): ComputeSpan => ({
  kind: 'compute',
  kernel: null,
  op: 1,
  rank,
  ...common,
  start,
  end,
  pieces: [[start, end]],
  turnAt: null,
  sharing: 1,
  uncertain: false,
  gpuMs: null,
  flops: null,
  submitted: start,
  awaited: null,
  ...more,
});

export const collective = (
  op: number,
  rank: number,
  start: number,
  end: number,
  more: Partial<CollectiveSpan> = {},
): CollectiveSpan => ({
  kind: 'collective',
  op,
  rank,
  ...dispatched,
  start,
  end,
  sentBytes: 8,
  receivedBytes: 8,
  ...more,
});

export const message = (op: number, rank: number, to: number, start: number, end: number, bytes = 8): MessageSpan => ({
  kind: 'message',
  op,
  rank,
  to,
  ...dispatched,
  start,
  end,
  bytes,
  due: end,
  portMs: null,
});

export const copy = (op: number, rank: number, start: number, end: number): CopySpan => ({
  kind: 'copy',
  op,
  rank,
  ...dispatched,
  start,
  end,
  bytes: 8,
});
