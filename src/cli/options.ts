import { InvalidArgumentError } from 'commander';
import type { LinkSetting } from '../lab/experiments/measurement/settings';
import { SWEEP_SETTINGS, type Sweep } from '../lab/experiments/sweep_settings';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';

export function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It should be a number.');
  return value;
}

export function integer(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value)) throw new InvalidArgumentError('It should be a whole number.');
  return value;
}

/** Gigabytes a second and microseconds of a link that is given as such; null where none is given. */
export function speedOf(given: LinkSetting | undefined): { gbps: number; us: number } | null {
  if (!given) return null;
  if (given.kind !== 'speed')
    throw new InputError(
      phrase`This link is given as GBPS,US: ratio, native and none are of the link within a node, of one measurement.`,
    );
  return { gbps: given.gbps, us: given.us };
}

export function sweep(text: string): Sweep {
  const [name, values] = text.split('=');
  const over = SWEEP_SETTINGS.find((known) => known === name);
  if (!over || !values)
    throw new InvalidArgumentError('It should be tokens=…, ranks=… or ratio=… with a list (ratio=0.1,0.5,1).');
  return { over, values: list(values).map(over === 'ratio' ? number : integer) };
}

export function slow(text: string): { rank: number; times: number } {
  const [rank, times, ...more] = text.split(',');
  if (rank === undefined || times === undefined || more.length > 0)
    throw new InvalidArgumentError('It should be RANK,TIMES (3,2: messages of device 3 take twice as long).');
  return { rank: integer(rank), times: number(times) };
}

export function link(text: string): LinkSetting {
  if (text === 'native' || text === 'none') return { kind: text };
  const ratio = /^ratio:(.+)$/.exec(text);
  if (ratio) return { kind: 'ratio', ratio: number(ratio[1]!) };
  const [gbps, us, ...more] = text.split(',');
  if (gbps === undefined || us === undefined || more.length > 0)
    throw new InvalidArgumentError(
      'It should be GBPS,US (25,10: 25 GB/s and 10 µs), ratio:R (ratio:0.5), native or none.',
    );
  return { kind: 'speed', gbps: number(gbps), us: number(us) };
}
