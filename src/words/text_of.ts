import { InputError } from './error';
import { phrase } from './phrase';

/**
 * The text of a file, unpacked where it is gzipped: by its first two bytes, whatever it is called, since some hosts
 * and browsers unpack on the way. Throws InputError for one that is cut.
 */
export async function textOf(name: string, file: Blob): Promise<string> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return file.text();
  try {
    return await new Response(file.stream().pipeThrough(new DecompressionStream('gzip'))).text();
  } catch {
    throw new InputError(phrase`${name} begins as a gzipped file and can't be unpacked; it is cut or damaged.`);
  }
}
