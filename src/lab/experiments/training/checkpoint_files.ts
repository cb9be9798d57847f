import type { Connectivity } from '../../../connectivity/connectivity';
import { switchesFor } from '../../../connectivity/farskip';
import type { Checkpoint } from '../../../model/checkpoint';
import { has, readFile } from '../../../model/source';
import { safetensorsOf, type WrittenTensor } from '../../../model/write_safetensors';
import type { ChosenModel } from '../../setup/choose_model';

/** Files by name, in base64. */
export type Files = Readonly<Record<string, string>>;

const COPIED = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja', 'generation_config.json'];

/** A checkpoint's folder, as transformers and this lab open it. */
export async function checkpointFiles(
  { source, tokenizerSource }: Pick<ChosenModel, 'source' | 'tokenizerSource'>,
  { config, spec }: Checkpoint,
  table: Connectivity,
  weights: ReadonlyMap<string, WrittenTensor>,
): Promise<Files> {
  const own = { ...config, ...switchesFor(spec, table), dtype: 'float32' };
  const floats = source ? floatsIn(new TextDecoder().decode(await readFile(source, 'config.json'))) : FLOATS_OF_PRESETS;
  const files: Record<string, string> = {
    'config.json': base64(new TextEncoder().encode(`${jsonOf(own, floats)}\n`)),
    'model.safetensors': base64(safetensorsOf(weights)),
  };
  for (const name of COPIED)
    if (await has(tokenizerSource, name)) files[name] = base64(await readFile(tokenizerSource, name));
  return files;
}

const FLOATS_OF_PRESETS: ReadonlySet<string> = new Set(['routed_scaling_factor']);

/** Keys of numbers that a JSON text writes with a fraction. */
const floatsIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/"([^"\\]+)"\s*:\s*-?\d+\.\d/g)].map(([, key]) => key!));

const MARK = 'a float: ';

/** JSON whose whole numbers keep a fraction under some keys: to transformers, whose configs have types, 0 is no 0.0. */
export function jsonOf(value: object, floats: ReadonlySet<string>): string {
  const marked = (key: string, own: unknown) => (floats.has(key) && Number.isInteger(own) ? `${MARK}${own}.0` : own);
  return JSON.stringify(value, marked, 2).replaceAll(new RegExp(`"${MARK}(-?\\d+\\.0)"`, 'g'), '$1');
}

export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
