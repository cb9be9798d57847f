import { generation } from '../experiments/generation/generation';
import { measurement } from '../experiments/measurement/measurement';
import type { RunKind } from '../experiments/run_kind';
import { sweep } from '../experiments/sweep_result';
import { traceRun } from './trace_run';
import { tracesRun } from './traces_run';

/** All kinds of runs that a session lists and files store: those experiments whose results are kept, and traces. */
export const RUN_KINDS = { measurement, sweep, generation, trace: traceRun, traces: tracesRun } as const;
type Kinds = typeof RUN_KINDS;
export type RunContent = {
  readonly [K in keyof Kinds]: {
    readonly kind: K;
    readonly result: Kinds[K] extends RunKind<infer Result> ? Result : never;
  };
}[keyof Kinds];

const kindOf = ({ kind }: RunContent) => RUN_KINDS[kind] as RunKind<unknown>;

/** Where and when a run was measured; null for traces, which do not say. */
export const manifestOfRun = (run: RunContent) => kindOf(run).manifestOf(run.result);
/** When a run was recorded; null for traces that were opened. */
export const dateOf = (run: RunContent): string | null =>
  run.kind === 'traces' ? run.result.date : (manifestOfRun(run)?.date ?? null);
/** What a run is of, in the terms of its settings. */
export const nameOf = (run: RunContent) => kindOf(run).nameOf(run.result);
export const tracksOf = (run: RunContent) => kindOf(run).tracksOf(run.result);
