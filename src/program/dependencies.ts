import type { Dim } from './dim';
import { exchangeSymbols, inputsOf, type Operation, outputsOf, type Program } from './program';

/**
 * For each operation (by id) those that must be done before it, each once. What writes a value comes before what reads
 * it. Where an operation updates a kept value in place, what wrote or read it before, in the program's order, comes
 * before the update. And the first collective of an exchange comes after the counts that it announces, and before all
 * that is of a size that they say.
 */
export function dependenciesOf(program: Program): number[][] {
  const { values, operations, exchanges } = program;
  const announcer = announcersOf(program);
  const writer = new Map<string, number>();
  /** Of kept values: who read them since they were last updated. */
  const readers = new Map<string, number[]>();
  return operations.map((op) => {
    const needs = new Set<number>();
    const need = (id: number | undefined) => {
      if (id !== undefined && id !== op.id) needs.add(id);
    };
    for (const name of inputsOf(op)) need(writer.get(name));
    for (const name of outputsOf(op)) {
      need(writer.get(name));
      for (const reader of readers.get(name) ?? []) need(reader);
    }
    for (const name of op.after ?? []) need(writer.get(name));
    if (op.kind === 'all-to-all') need(writer.get(exchanges.get(op.exchange)!.counts));
    for (const symbol of sizeSymbolsOf(program, op)) need(announcer.get(symbol));
    for (const name of inputsOf(op)) {
      if (values.get(name)!.lives !== 'kept') continue;
      const known = readers.get(name);
      if (known) known.push(op.id);
      else readers.set(name, [op.id]);
    }
    for (const name of outputsOf(op)) {
      writer.set(name, op.id);
      readers.delete(name);
    }
    return [...needs];
  });
}

/** The first collective of each exchange, by the symbols that are known once it is announced. */
export function announcersOf({ operations }: Program): Map<string, number> {
  const announcer = new Map<string, number>();
  for (const op of operations) {
    if (op.kind !== 'all-to-all') continue;
    for (const symbol of Object.values(exchangeSymbols(op.exchange)))
      if (!announcer.has(symbol)) announcer.set(symbol, op.id);
  }
  return announcer;
}

/** Symbols in an operation's sizes and in the rows of what it writes. */
export function sizeSymbolsOf({ values }: Program, op: Operation): string[] {
  const dims = [
    ...(op.kind === 'compute' ? Object.values<Dim>(op.sizes) : []),
    ...outputsOf(op).flatMap((name) => values.get(name)?.rows ?? []),
  ];
  return dims.flatMap((dim) => (typeof dim === 'number' ? [] : [typeof dim === 'string' ? dim : dim.of]));
}
