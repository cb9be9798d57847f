import type { AllToAll, Block, Compute, Dim, KernelCall, Operation, Program, Spread, Value } from './program';

export type Written = { readonly name: string; readonly rows: Dim; readonly cols: number; readonly type?: 'u32'; readonly cached?: true };
export type Place = { readonly block: Block; readonly layer: number | null };

/** Collects a program's operations; each method returns the names of the values written. */
export type Builder = ReturnType<typeof programBuilder>;

export function programBuilder() {
  const values = new Map<string, Value>();
  const operations: Operation[] = [];
  const inputs: string[] = [];
  const declare = ({ name, rows, cols, type, cached }: Written): string => {
    if (values.has(name)) throw new Error(`value ${name} is written twice`);
    values.set(name, { name, rows, cols, type: type ?? 'f32', cached: cached ?? false });
    return name;
  };
  return {
    input(written: Written): string {
      inputs.push(written.name);
      return declare(written);
    },
    compute(
      place: Place,
      name: string,
      call: KernelCall,
      reads: { inputs: readonly string[]; weights?: readonly string[]; atMost?: true },
      ...written: Written[]
    ): string {
      const op: Compute = {
        kind: 'compute',
        id: operations.length,
        name,
        ...place,
        ...call,
        inputs: reads.inputs,
        weights: reads.weights ?? [],
        outputs: written.map(declare),
        ...(reads.atMost && { atMost: true }),
      };
      operations.push(op);
      return op.outputs[0]!;
    },
    allToAll(op: Omit<AllToAll, 'kind' | 'id' | 'output'>, written: Written): string {
      operations.push({ kind: 'all-to-all', id: operations.length, ...op, output: declare(written) });
      return written.name;
    },
    spread(op: Omit<Spread, 'id' | 'output'>, written: Written): string {
      operations.push({ id: operations.length, ...op, output: declare(written) });
      return written.name;
    },
    columns: (name: string): number => values.get(name)!.cols,
    finish: (outputs: readonly string[]): Program => ({ values, operations, inputs, outputs }),
  };
}
