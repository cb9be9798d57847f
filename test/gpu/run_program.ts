import type { Lab } from '../../src/lab/setup/lab';
import { sizesOf } from '../../src/program/kernels';
import { bytesOf, type Program } from '../../src/program/program';
import { type Data, launch } from './launch_kernel';

/** Runs a program without collectives, kernel by kernel over poisoned outputs; answers all its values, as words. */
export async function runProgram(
  lab: Lab,
  program: Program,
  given: ReadonlyMap<string, Data>,
  symbols: ReadonlyMap<string, number>,
  /** Of each kernel the last of its variants runs, not the one that would. */
  last = false,
): Promise<Map<string, Data>> {
  const values = new Map(given);
  for (const op of program.operations) {
    if (op.kind !== 'compute') throw new Error(`${op.name} is a collective`);
    const lengths = op.outputs.map((name) => bytesOf(program.values.get(name)!, symbols) / 4);
    const inputs = op.inputs.map((name) => values.get(name)!);
    const sizes = sizesOf(op, symbols);
    const { launcher } = lab.engine;
    const variant = last ? launcher.allFor(op.kernel, sizes).at(-1) : undefined;
    const outputs = await launch(lab, op.kernel, sizes as never, inputs, lengths, variant);
    op.outputs.forEach((name, i) => {
      values.set(name, outputs[i] as Uint32Array<ArrayBuffer>);
    });
  }
  return values;
}
