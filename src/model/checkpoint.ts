import { parseConfig } from './config';
import { InputError } from './error';
import { parseSafetensors, type Tensors } from './safetensors';
import type { ModelSpec } from './spec';
import { checkTensors } from './weights';

/** A checkpoint as Hugging Face lays it out in a folder; `config` is its config.json, FarSkip keys included. */
export type Checkpoint = { readonly spec: ModelSpec; readonly config: object; readonly tensors: Tensors };

/** Bytes of a file of some folder; throws InputError when it can't be had. The page fetches, Node reads. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Reads config.json and model.safetensors of a folder. Throws InputError with the folder and what is wrong in it. */
export async function loadCheckpoint(folder: string, read: ReadFile): Promise<Checkpoint> {
  const config = await readJson(`${folder}/config.json`, read);
  const spec = parseConfig(config);
  const path = `${folder}/model.safetensors`;
  const tensors = parseSafetensors(await read(path), path);
  checkTensors(spec, tensors);
  return { spec, config, tensors };
}

export async function readJson(path: string, read: ReadFile): Promise<object> {
  const text = new TextDecoder().decode(await read(path));
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return json;
  } catch {
    // Falls through to the sentence below: what JSON.parse says names no file.
  }
  throw new InputError(`${path} is not a JSON object.`);
}
