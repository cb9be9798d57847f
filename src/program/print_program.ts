import type { Dim } from './dim';
import type { Operation, Program, Split, Value } from './program';

/** A program as text, a line a value that comes from outside or is kept, then a line an operation. */
export function printProgram({ values, operations, exchanges, inputs, outputs }: Program): string {
  const shapeOf = ({ rows, cols, type }: Value) => `[${dimText(rows)}, ${cols}] ${type}`;
  const named = (name: string) => `${name} ${shapeOf(values.get(name)!)}`;
  const kept = [...values.values()].flatMap((value) => (value.lives === 'kept' ? [value] : []));
  const result = (op: Operation): string => {
    if (op.kind !== 'compute') return `${named(op.output)} = ${op.kind} ${collectiveText(op)}(${op.input})`;
    const sizes = Object.entries<Dim>(op.sizes).map(([name, dim]) => `${name} ${dimText(dim)}`);
    const written = op.outputs.map((name) => (values.get(name)!.lives === 'kept' ? `${name} in place` : named(name)));
    return `${written.join(', ')} = ${op.kernel}(${op.inputs.join(', ')}) with ${sizes.join(', ')}${op.atMost ? ', at most' : ''}`;
  };
  return [
    ...kept.map((value) => `keep   ${named(value.name)}, ${splitText(value.split)}, from ${value.origin}`),
    ...inputs.map((name) => `input  ${named(name)}`),
    ...[...exchanges].map(
      ([name, { counts, experts }]) => `exchange ${name}: ${experts} experts, planned by ${counts}`,
    ),
    ...operations.map((op) => `${String(op.id).padStart(5)}  ${placeOf(op)}: ${result(op)}`),
    ...outputs.map((name) => `output ${named(name)}`),
  ].join('\n');
}

const dimText = (dim: Dim): string => (typeof dim === 'object' ? `${dim.times} × ${dim.of}` : String(dim));
const splitText = (split: Split): string =>
  typeof split === 'string' ? split : `${split.axis} in ${split.blocks} blocks`;
const placeOf = ({ block, layer, name }: Operation): string => `${block}${layer === null ? '' : ` ${layer}`}, ${name}`;
const collectiveText = (op: Exclude<Operation, { kind: 'compute' }>): string =>
  op.kind === 'all-to-all' ? `${op.direction} of ${op.exchange}` : op.algorithm;
