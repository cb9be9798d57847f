import type { Connectivity } from '../../../connectivity/connectivity';
import { switchesFor } from '../../../connectivity/farskip';
import type { Checkpoint } from '../../../model/checkpoint';
import { has, readFile, type Source } from '../../../model/source';
import { safetensorsOf, type WrittenTensor } from '../../../model/write_safetensors';

/** Files by name, in base64. */
export type Files = Readonly<Record<string, string>>;

const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'];

/** A checkpoint's folder, as transformers and this lab open it; `tokenizers`: where the files of its tokenizer are. */
export async function checkpointFiles(
  { config, spec }: Checkpoint,
  tokenizers: Source,
  table: Connectivity,
  weights: ReadonlyMap<string, WrittenTensor>,
): Promise<Files> {
  const own = { ...(config as object), ...switchesFor(spec, table), dtype: 'float32' };
  const files: Record<string, string> = {
    'config.json': base64(new TextEncoder().encode(`${JSON.stringify(own, null, 2)}\n`)),
    'model.safetensors': base64(safetensorsOf(weights)),
  };
  for (const name of TOKENIZER_FILES)
    if (await has(tokenizers, name)) files[name] = base64(await readFile(tokenizers, name));
  return files;
}

export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
