import { inputsOf, outputsOf, type Program } from './program';

/**
 * For each operation (by id) those that must be done before it, each once. What writes a value comes before what reads it; and,
 * where an operation updates a kept value in place, what wrote or read it before, in the program's order, comes before the update.
 */
export function dependenciesOf({ values, operations }: Program): number[][] {
  const writer = new Map<string, number>();
  /** Of kept values: who read them since they were last updated. */
  const readers = new Map<string, number[]>();
  const isKept = (name: string) => values.get(name)!.lives === 'kept';
  return operations.map((op) => {
    const needs = new Set<number>();
    const needWriter = (name: string) => {
      const id = writer.get(name);
      if (id !== undefined) needs.add(id);
    };
    for (const name of inputsOf(op)) needWriter(name);
    for (const name of outputsOf(op)) {
      needWriter(name);
      for (const reader of readers.get(name) ?? []) needs.add(reader);
    }
    for (const name of inputsOf(op)) if (isKept(name)) readers.set(name, [...(readers.get(name) ?? []), op.id]);
    for (const name of outputsOf(op)) {
      writer.set(name, op.id);
      readers.delete(name);
    }
    // An operation may both read and update a value: not before itself.
    needs.delete(op.id);
    return [...needs];
  });
}
