/** 0 … count - 1: what is written once for each, as generated WGSL has no loops where a loop would cost. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** What `write` gives for each of 0 … count - 1, one after the other. */
export const each = (count: number, write: (i: number) => string): string => range(count).map(write).join('');

/** Names of the components of a vec4f. */
export const COMPONENT = 'xyzw';

/** Code that runs for the invocations that a condition names; for all where it is null. */
export const when = (condition: string | null, code: string): string =>
  condition === null ? `{\n${code}}\n` : `if (${condition}) {\n${code}}\n`;

/** A loop of `count` steps, of which so many are written one after the other; all: no loop is left. */
export function steps(count: number, unrolled: number, step: (i: string) => string): string {
  if (unrolled >= count) return each(count, (i) => `{\n${step(`${i}u`)}}\n`);
  const some = each(unrolled, (u) => `{\n${step(`(i + ${u}u)`)}}\n`);
  return `for (var i = 0u; i < ${count}u; i += ${unrolled}u) {\n${some}}\n`;
}

/** SwiGLU of a gate and its up projection. */
export const silu = (gate: string, up: string): string => `${gate} / (1.0 + exp(-${gate})) * ${up}`;
