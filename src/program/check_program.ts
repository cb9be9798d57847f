import { BYTES_OF, WORD_BYTES } from '../model/value_type';
import type { Operand } from './contract';
import { announcersOf, sizeSymbolsOf } from './dependencies';
import type { Dim } from './dim';
import { contractOf, sizesOf } from './kernels';
import {
  bytesOf,
  type Collective,
  type Compute,
  exchangeSymbols,
  inputsOf,
  isCollective,
  outputsOf,
  type Program,
  type Value,
} from './program';

/**
 * Everything that is wrong with a program, a sentence each: reads of what was not written, values written twice or
 * never, operations out of place, and values of another size or type than what reads or writes them expects.
 */
export function faultsOf(program: Program): string[] {
  const { values, operations, inputs, outputs } = program;
  const faults: string[] = [];
  const kept = (name: string) => values.get(name)?.lives === 'kept';
  const written = new Set(inputs);
  const announcer = announcersOf(program);
  const readable = (name: string) => written.has(name) || kept(name);
  operations.forEach((op, place) => {
    const fault = (what: string) => faults.push(`operation ${place}, ${op.name}: ${what}`);
    if (op.id !== place) fault(`its id is ${op.id}`);
    for (const name of inputsOf(op)) if (!readable(name)) fault(`reads ${name} before it is written`);
    for (const name of op.after ?? []) if (!readable(name)) fault(`comes after ${name}, which is not written yet`);
    // WebGPU binds a buffer to be read or to be written, not both.
    if (op.kind === 'compute')
      for (const name of op.outputs)
        if (op.inputs.includes(name)) fault(`reads and updates ${name}; it should be an output alone`);
    for (const symbol of sizeSymbolsOf(program, op))
      if ((announcer.get(symbol) ?? -1) > place) fault(`the size ${symbol} is not known yet`);
    if (op.kind === 'all-to-all') {
      const exchange = program.exchanges.get(op.exchange);
      if (!exchange) fault(`there is no exchange ${op.exchange}`);
      else if (!readable(exchange.counts)) fault(`the counts ${exchange.counts} are not written yet`);
    }
    for (const name of outputsOf(op)) {
      if (!values.has(name)) fault(`writes ${name}, which is not declared`);
      else if (!kept(name) && written.has(name)) fault(`writes ${name} again`);
      written.add(name);
    }
  });
  for (const [name, value] of values)
    if (value.lives === 'run' && !written.has(name)) faults.push(`value ${name} is never written`);
  for (const name of outputs) if (!readable(name)) faults.push(`output ${name} is never written`);
  // Sizes can be compared only where all that they are of is there.
  return faults.length > 0 ? faults : sizeFaultsOf(program);
}

/** Sizes agree as formulas when they agree for numbers that symbols happen to have: different primes, twice. */
function sizeFaultsOf(program: Program): string[] {
  const names = [...symbolsOf(program)];
  const numbers = primes(2 * names.length);
  return [0, 1].flatMap((round) => {
    const symbols = new Map(names.map((name, i) => [name, numbers[names.length * round + i]!]));
    return program.operations.flatMap((op) => {
      const wrong = isCollective(op) ? collectiveFaults(program, op) : operandFaults(program, op, symbols);
      return wrong.map((what) => `operation ${op.id}, ${op.name}: ${what}`);
    });
  });
}

function collectiveFaults({ values }: Program, op: Collective): string[] {
  const [input, output] = [values.get(op.input)!, values.get(op.output)!];
  const faults: string[] = [];
  if (input.cols !== output.cols || input.type !== output.type)
    faults.push(`${op.input} is of ${input.cols} ${input.type} a row, ${op.output} of ${output.cols} ${output.type}`);
  if (op.kind !== 'all-to-all') return faults;
  const { sent, received } = exchangeSymbols(op.exchange);
  const rows = (value: Value, symbol: string) => {
    if (value.rows !== symbol) faults.push(`${value.name} should have the rows ${symbol}`);
  };
  rows(output, op.direction === 'dispatch' ? received : sent);
  // What a Dispatch sends may have room for more rows than the exchange plans.
  if (op.direction === 'combine') rows(input, received);
  return faults;
}

function operandFaults({ values }: Program, op: Compute, symbols: ReadonlyMap<string, number>): string[] {
  const contract = contractOf(op.kernel);
  const missing = Object.keys(contract.sizes).filter((size) => !(size in op.sizes));
  if (missing.length > 0) return [`${op.kernel} needs the sizes ${missing.join(', ')}`];
  const sizes = sizesOf(op, symbols);
  const check = (names: readonly string[], operands: readonly Operand[], verb: string): string[] =>
    names.length !== operands.length
      ? [`${op.kernel} ${verb} ${operands.length} values, not ${names.length}`]
      : names.flatMap((name, i) =>
          operandFault(values.get(name)!, operands[i]!, symbols).map((what) => `${op.kernel} ${verb} ${what}`),
        );
  return [
    ...check(op.inputs, contract.inputs(sizes), 'reads'),
    ...check(op.outputs, contract.outputs(sizes), 'writes'),
  ];
}

function operandFault(value: Value, { type, count, rowsOf }: Operand, symbols: ReadonlyMap<string, number>): string[] {
  if (type !== 'word' && type !== value.type) return [`${type}, but ${value.name} is ${value.type}`];
  const elements = bytesOf(value, symbols) / (type === 'word' ? WORD_BYTES : BYTES_OF[type]);
  if (rowsOf === null ? elements === count : elements % rowsOf === 0) return [];
  return [`${rowsOf === null ? count : `rows of ${rowsOf}`} elements, but ${value.name} has ${elements}`];
}

function symbolsOf({ values, operations }: Program): Set<string> {
  const symbols = new Set<string>();
  const add = (dim: Dim) => {
    if (typeof dim !== 'number') symbols.add(typeof dim === 'string' ? dim : dim.of);
  };
  for (const { rows } of values.values()) add(rows);
  for (const op of operations) if (op.kind === 'compute') for (const dim of Object.values<Dim>(op.sizes)) add(dim);
  return symbols;
}

/** The first primes from 101 on. */
function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 101; found.length < count; n += 2) {
    let divisor = 3;
    while (divisor * divisor <= n && n % divisor !== 0) divisor += 2;
    if (divisor * divisor > n) found.push(n);
  }
  return found;
}
