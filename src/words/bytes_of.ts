import { InputError } from './error';
import { phrase } from './phrase';

/**
 * The bytes of a file, unpacked where it is gzipped: by its first two bytes, whatever it is called, since some hosts
 * and browsers unpack on the way. `onRead` hears how many of its own bytes have been read. Throws InputError for one
 * that is cut or can't be read.
 */
export async function* bytesOf(
  name: string,
  file: Blob,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const [first, second] = new Uint8Array(await readable(name, () => file.slice(0, 2).arrayBuffer()));
  const isGzipped = first === 0x1f && second === 0x8b;
  let read = 0;
  const counted = file.stream().pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        read += chunk.length;
        onRead(read);
        controller.enqueue(chunk);
      },
    }),
  );
  const reader = (isGzipped ? counted.pipeThrough(new DecompressionStream('gzip')) : counted).getReader();
  try {
    for (;;) {
      const { done, value } = await (isGzipped
        ? unpacked(name, () => reader.read())
        : readable(name, () => reader.read()));
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The text of a file, unpacked where it is gzipped. */
export async function textOf(name: string, file: Blob): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of bytesOf(name, file)) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}

async function readable<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch {
    throw new InputError(phrase`${name} can't be read; check that the file is still there.`);
  }
}

async function unpacked<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch {
    throw new InputError(phrase`${name} begins as a gzipped file and can't be unpacked; it is cut or damaged.`);
  }
}
