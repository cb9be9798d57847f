import type { Operation, Program, Value } from '../../src/program/program';

/** Kernels and collectives, each of what the ones named before it wrote. */
export function programOf(ops: readonly (readonly ['compute' | 'all-gather', readonly number[]])[]): Program {
  const values = new Map<string, Value>();
  const operations = ops.map(([kind, needs], id): Operation => {
    values.set(`${id}`, { name: `${id}`, rows: 1, cols: 1, type: 'f32', lives: 'run' });
    const common = { id, name: `${id}`, block: 'routed', phase: 'forward', layer: 0 } as const;
    return kind === 'compute'
      ? ({
          ...common,
          kind,
          kernel: 'add',
          sizes: { rows: 1, width: 1 },
          inputs: needs.map(String),
          outputs: [`${id}`],
        } as Operation)
      : { ...common, kind, algorithm: 'direct', input: String(needs[0]), output: `${id}` };
  });
  return { values, operations, exchanges: new Map(), inputs: [], outputs: [] };
}
