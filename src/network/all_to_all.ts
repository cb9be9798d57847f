/**
 * Layout of an exchange, from what each rank's send plan counted (kernels/send_plan.wgsl). Row spaces: a sender's rows
 * are ordered by destination, a receiver's by source; Combine takes each row back the way it came.
 */
export type ExchangeLayout = {
  /** rows[s][d]: rows that rank s sends to rank d. */
  readonly rows: readonly (readonly number[])[];
  /** Rows that rank r sends, receives, and (token, expert) pairs that it computes. */
  readonly sent: readonly number[];
  readonly received: readonly number[];
  readonly pairs: readonly number[];
  /** (token, expert) pairs of each expert, of all ranks together. */
  readonly load: readonly number[];
};

/** `counts[s]` holds, for rank s, pairs for each of `experts` experts, then rows for each rank. */
export function layoutOf(counts: readonly Uint32Array[], experts: number): ExchangeLayout {
  const ranks = counts.length;
  const local = experts / ranks;
  const each = Array.from({ length: ranks }, (_, r) => r);
  const load = Array.from({ length: experts }, (_, expert) => sum(counts.map((own) => own[expert]!)));
  const rows = counts.map((own) => Array.from(own.subarray(experts, experts + ranks)));
  return {
    rows,
    sent: rows.map(sum),
    received: each.map((d) => sum(rows.map((own) => own[d]!))),
    pairs: each.map((d) => sum(load.slice(d * local, (d + 1) * local))),
    load,
  };
}

/** Where the rows of the Dispatch message s → d begin: in the sender's buffer and in the receiver's. */
export const dispatchRows = ({ rows }: ExchangeLayout, s: number, d: number) => ({
  count: rows[s]![d]!,
  from: sum(rows[s]!.slice(0, d)),
  to: sum(rows.slice(0, s).map((own) => own[d]!)),
});

/** Where the rows of the Combine message s → d begin: what rank d had sent to rank s, on its way back. */
export const combineRows = (layout: ExchangeLayout, s: number, d: number) => {
  const out = dispatchRows(layout, d, s);
  return { count: out.count, from: out.to, to: out.from };
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
