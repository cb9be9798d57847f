import { filesSource, type Source } from '../../model/source';
import { InputError } from '../../words/error';
import { phrase, wordsOf } from '../../words/phrase';

/**
 * Models kept in the browser's own storage (the origin-private file system): a folder a model, under `models`. Works in
 * pages and workers; elsewhere nothing is kept.
 */
export type KeptModel = { readonly name: string; readonly bytes: number };

async function folder(): Promise<FileSystemDirectoryHandle> {
  const storage = globalThis.navigator?.storage;
  if (!storage?.getDirectory)
    throw new InputError(phrase`This browser has no storage for models; open the page over https (or localhost).`);
  return (await storage.getDirectory()).getDirectoryHandle('models', { create: true });
}

async function filesOf(directory: FileSystemDirectoryHandle): Promise<File[]> {
  const files: File[] = [];
  for await (const handle of directory.values())
    if (handle.kind === 'file') files.push(await (handle as FileSystemFileHandle).getFile());
  return files;
}

/** All models kept, with their sizes. Throws InputError where there is no storage. */
export async function keptModels(): Promise<KeptModel[]> {
  const kept: KeptModel[] = [];
  for await (const handle of (await folder()).values()) {
    if (handle.kind !== 'directory') continue;
    const files = await filesOf(handle as FileSystemDirectoryHandle);
    kept.push({ name: handle.name, bytes: files.reduce((sum, { size }) => sum + size, 0) });
  }
  return kept.sort((a, b) => a.name.localeCompare(b.name));
}

/** Files of a kept model. Throws InputError when there is none of that name. */
export async function keptModel(name: string): Promise<Source> {
  const directory = await (await folder()).getDirectoryHandle(name).catch(() => null);
  if (!directory)
    throw new InputError(phrase`No model ${name} is kept in this browser; drop its files on the page again.`);
  return filesSource(await filesOf(directory));
}

/**
 * Keeps a copy of some files of a place; those that are not there are left out. Throws InputError when a file can't be
 * read or the storage has no room; nothing of the model is then left.
 */
export async function keepModel(
  name: string,
  source: Source,
  paths: readonly string[],
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  if ((await keptModels()).some((kept) => kept.name === name))
    throw new InputError(phrase`A model ${name} is kept already; delete it or take another name.`);
  const directory = await (await folder()).getDirectoryHandle(name, { create: true });
  let writable: FileSystemWritableFileStream | null = null;
  let done = 0;
  try {
    for (const path of paths) {
      const file = await source.open(path);
      if (!file) continue;
      writable = await (await directory.getFileHandle(path, { create: true })).createWritable();
      for await (const chunk of file.from(0)) {
        await writable.write(chunk as Uint8Array<ArrayBuffer>);
        done += chunk.byteLength;
        onProgress(done);
      }
      await writable.close();
      writable = null;
    }
  } catch (cause) {
    await writable?.abort();
    await forgetModel(name);
    if (cause instanceof InputError) throw cause;
    throw new InputError(phrase`${name} can't be kept in this browser: ${wordsOf(cause)}.`);
  }
}

export async function forgetModel(name: string): Promise<void> {
  await (await folder()).removeEntry(name, { recursive: true });
}
