import { filesSource, type Source } from '../../model/source';
import { InputError } from '../../words/error';
import { phrase, wordsOf } from '../../words/phrase';

/**
 * Models kept in the browser's own storage (the origin-private file system): a folder a model, under `models`. Works in
 * pages and workers; elsewhere nothing is kept.
 */
export type KeptModel = { readonly name: string; readonly bytes: number };

/** Lies in a folder as long as its model is not all there: a page may go while it copies. */
const UNFINISHED = '.unfinished';
/** Held while a model is copied, so that no other tab takes the copy for one that was left. */
const LOCK = 'farskip-lab keeping';

async function folder(): Promise<FileSystemDirectoryHandle> {
  const storage = globalThis.navigator?.storage;
  if (!storage?.getDirectory)
    throw new InputError(phrase`This browser has no storage for models; open the page over https (or localhost).`);
  return (await storage.getDirectory()).getDirectoryHandle('models', { create: true });
}

/** Files of a model; none of one that is not all there. */
async function filesOf(directory: FileSystemDirectoryHandle): Promise<File[]> {
  const files: File[] = [];
  for await (const handle of directory.values()) {
    if (handle.name === UNFINISHED) return [];
    if (handle.kind === 'file') files.push(await (handle as FileSystemFileHandle).getFile());
  }
  return files;
}

type Folder = { readonly name: string; readonly files: readonly File[] };

async function allFolders(): Promise<Folder[]> {
  const all: Folder[] = [];
  for await (const handle of (await folder()).values())
    if (handle.kind === 'directory')
      all.push({ name: handle.name, files: await filesOf(handle as FileSystemDirectoryHandle) });
  return all;
}

/** All models kept, with their sizes. Throws InputError where there is no storage. */
export async function keptModels(): Promise<KeptModel[]> {
  return (await allFolders())
    .filter(({ files }) => files.length > 0)
    .map(({ name, files }) => ({ name, bytes: files.reduce((sum, { size }) => sum + size, 0) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Files of a kept model. Throws InputError when there is none of that name. */
export async function keptModel(name: string): Promise<Source> {
  const directory = await (await folder()).getDirectoryHandle(name).catch(() => null);
  const files = directory ? await filesOf(directory) : [];
  if (files.length === 0)
    throw new InputError(phrase`No model ${name} is kept in this browser; drop its files on the page again.`);
  return filesSource(files);
}

/**
 * Keeps a copy of some files of a place; those that are not there are left out. Throws InputError when a file can't be
 * read or the storage has no room; nothing of the model is then left. Of a page that goes meanwhile there may be; it is
 * no model, and the next copy removes it.
 */
export function keepModel(
  name: string,
  source: Source,
  paths: readonly string[],
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  const keep = () => keepAlone(name, source, paths, onProgress);
  return navigator.locks ? navigator.locks.request(LOCK, keep) : keep();
}

async function keepAlone(
  name: string,
  source: Source,
  paths: readonly string[],
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  const known = await allFolders();
  if (known.some((kept) => kept.name === name && kept.files.length > 0))
    throw new InputError(phrase`A model ${name} is kept already; delete it or take another name.`);
  const cantKeep = (cause: unknown) =>
    new InputError(phrase`${name} can't be kept in this browser: ${wordsOf(cause)}.`);
  for (const { name: left, files } of known)
    if (files.length === 0)
      await forgetModel(left).catch((cause) => {
        throw cantKeep(cause);
      });
  const directory = await (await folder()).getDirectoryHandle(name, { create: true });
  let writable: FileSystemWritableFileStream | null = null;
  let done = 0;
  try {
    await directory.getFileHandle(UNFINISHED, { create: true });
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
    await directory.removeEntry(UNFINISHED);
  } catch (cause) {
    await writable?.abort();
    await forgetModel(name);
    if (cause instanceof InputError) throw cause;
    throw cantKeep(cause);
  }
}

export async function forgetModel(name: string): Promise<void> {
  await (await folder()).removeEntry(name, { recursive: true });
}
