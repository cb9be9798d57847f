import { BYTES_OF } from '../model/value_type';
import type { WireFormat } from '../program/lower_all_reduce';
import { isNcclKernel } from './kernel_kinds';
import type { CollectiveSpan, Span } from './span';

/** How a collective of ours is called: NCCL's kernel (2.19 and later), and what PyTorch records of the call. */
const CALLED: Readonly<Record<string, { readonly kernel: string; readonly call: string }>> = {
  Dispatch: { kernel: 'SendRecv', call: 'all_to_allv' },
  Combine: { kernel: 'SendRecv', call: 'all_to_allv' },
  'All-reduce': { kernel: 'AllReduce', call: 'allreduce' },
  'All-gather': { kernel: 'AllGather', call: '_allgather_base' },
  'Reduce-scatter': { kernel: 'ReduceScatter', call: '_reduce_scatter_base' },
};
const TYPES: Readonly<Record<WireFormat, string>> = { f32: 'Float', bf16: 'BFloat16' };

/** The kernel that a collective would be, with what it is to people in place of its arguments. */
export function ncclKernel({ name, layer }: CollectiveSpan): string {
  // Of a profiler's trace that was opened here.
  if (isNcclKernel(name)) return name;
  const kernel = CALLED[name]?.kernel;
  return `ncclDevKernel${kernel ? `_${kernel}` : ''}(${name}${layer === null ? '' : ` layer ${layer}`})`;
}

/**
 * What PyTorch's profiler says of a collective, as far as it is known; `sentByAll`: bytes that all ranks together sent
 * in it, null where some are missing.
 */
export function ncclArgs(
  { name, rank, sentBytes, receivedBytes }: CollectiveSpan,
  ranks: number,
  wire: WireFormat | null,
  sentByAll: number | null,
): Readonly<Record<string, unknown>> {
  const call = CALLED[name]?.call;
  if (!call) return {};
  const bytes = inAndOut(call, sentBytes, receivedBytes, sentByAll === null ? null : sentByAll / (ranks - 1));
  return {
    'Collective name': call,
    ...(wire && bytes && { 'In msg nelems': bytes[0] / BYTES_OF[wire], 'Out msg nelems': bytes[1] / BYTES_OF[wire] }),
    ...(wire && { dtype: TYPES[wire] }),
    'Group size': ranks,
    'Process Group Name': '0',
    'Process Group Description': 'default_pg',
    'Process Group Ranks': JSON.stringify(Array.from({ length: ranks }, (_, own) => own)).replaceAll(',', ', '),
    Rank: rank,
  };
}

/**
 * Bytes of a rank's input and output. All parts together (`total`) go to all other ranks or come from them, so that
 * what a rank did not get of them is its own. Of an all-to-all, what a rank leaves to itself is not known.
 */
function inAndOut(call: string, sent: number, received: number, total: number | null): [number, number] | null {
  if (call === 'all_to_allv') return [sent, received];
  if (total === null) return null;
  if (call === 'allreduce') return [total - received, total - received];
  return call === '_allgather_base' ? [total - received, total] : [total, total - sent];
}

/** For each collective on a rank the bytes that all ranks together sent in it; none where one of them is missing. */
export function sentTogether(spans: readonly Span[], ranks: number): Map<CollectiveSpan, number> {
  const collectives = spans.filter((span) => span.kind === 'collective').toSorted((a, b) => a.start - b.start);
  // An operation comes again in each step of a text: its n-th times on all ranks are one collective.
  const seen = new Map<string, number>();
  const together = new Map<string, CollectiveSpan[]>();
  for (const span of collectives) {
    const n = seen.get(`${span.op} ${span.rank}`) ?? 0;
    seen.set(`${span.op} ${span.rank}`, n + 1);
    const all = together.get(`${span.op} ${n}`) ?? [];
    together.set(`${span.op} ${n}`, all);
    all.push(span);
  }
  return new Map(
    [...together.values()].flatMap((all) => {
      const total = all.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
      return all.length === ranks ? all.map((span) => [span, total] as const) : [];
    }),
  );
}
