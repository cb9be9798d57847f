import { type Compute, inputsOf, type Operation, outputsOf, type Program, type Value } from '../program';

/** So many layers may be computed again while gradients of their weights are still to come. */
const LAYERS_HELD = 2;

/**
 * The same program, in which what a layer's forward pass computes for its own backward pass alone is computed again
 * there, so that it need not be held meanwhile (Chen et al., 2016). Held are what other layers read (the terms of the
 * residual stream), what collectives bring, and integers; no collective is done twice. What is computed again waits
 * until the backward pass has reached its layer, and until gradients of the weights of layers before that are there, or
 * else a schedule might do the one early and the other late, and hold all that is between.
 */
export function recomputed(program: Program, weightGradients: ReadonlySet<string>): Program {
  const lost = lostIn(program);
  const values = new Map<string, Value>(program.values);
  const operations: Operation[] = [];
  const add = (op: Operation) => operations.push({ ...op, id: operations.length });
  const again = (name: string): string => `${name}, again`;
  /** Values of the backward pass, and those of them that a layer's part of it begins with. */
  const backward = new Set<string>();
  const gradientsOf = new Map<number, string[]>();
  const begins = new Map<number, readonly string[]>();
  const repeated = (name: string): string => {
    const op = lost.get(name);
    if (!op) return name;
    if (values.has(again(name))) return again(name);
    const inputs = op.inputs.map(repeated);
    for (const output of op.outputs) values.set(again(output), { ...values.get(output)!, name: again(output) });
    const outputs = op.outputs.map(again);
    add({ ...op, name: again(op.name), phase: 'backward', inputs, outputs, after: begins.get(op.layer!)! });
    return again(name);
  };
  for (const op of program.operations) {
    if (op.phase === 'forward') {
      add(op);
      continue;
    }
    if (op.layer !== null && !begins.has(op.layer))
      begins.set(op.layer, [
        ...inputsOf(op).filter((name) => backward.has(name)),
        ...(gradientsOf.get(op.layer + LAYERS_HELD) ?? []),
      ]);
    add(op.kind === 'compute' ? { ...op, inputs: op.inputs.map(repeated) } : op);
    for (const name of outputsOf(op)) {
      backward.add(name);
      if (op.layer !== null && weightGradients.has(name))
        gradientsOf.set(op.layer, [...(gradientsOf.get(op.layer) ?? []), name]);
    }
  }
  return { ...program, values, operations };
}

/** What is computed in a layer, of its forward pass, and read there alone, by what computes it. */
function lostIn({ values, operations }: Program): Map<string, Compute> {
  const lost = new Map<string, Compute>();
  for (const op of operations)
    if (op.kind === 'compute' && op.phase === 'forward' && op.layer !== null)
      for (const name of op.outputs) if (values.get(name)!.type !== 'u32') lost.set(name, op);
  for (const op of operations)
    for (const name of inputsOf(op)) if (lost.get(name) && lost.get(name)!.layer !== op.layer) lost.delete(name);
  return lost;
}
