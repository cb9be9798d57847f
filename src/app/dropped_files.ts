/**
 * Files of a drop, those inside a dropped folder too: these know the path in it, as those of a chosen folder do.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  // What is dragged from another page may be a file and no entry of a folder.
  if (entries.length === 0) return [...transfer.files];
  // A folder's own files come before those of its subfolders, which may be called the same.
  const ownFirst = (all: readonly FileSystemEntry[]) =>
    all.toSorted((a, b) => Number(a.isDirectory) - Number(b.isDirectory));
  const within = async (entry: FileSystemEntry): Promise<File[]> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      return [Object.defineProperty(file, 'webkitRelativePath', { value: entry.fullPath.replace(/^\//, '') })];
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const entriesHere: FileSystemEntry[] = [];
    // A reader gives a hundred entries at a time, and none at the end.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) break;
      entriesHere.push(...some);
    }
    return (await Promise.all(ownFirst(entriesHere).map(within))).flat();
  };
  return (await Promise.all(ownFirst(entries).map(within))).flat();
}
