import { readTrace, type TraceFile } from '../../trace/read_trace';
import { InputError } from '../../words/error';
import type { Phrase } from '../../words/phrase';
import type { PlacedFile } from './files';

/** What the worker says: bytes read of all, a trace, why a file is none, that there are no more. */
export type TraceEvent =
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'trace'; readonly trace: TraceFile }
  | { readonly kind: 'problem'; readonly why: Phrase }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'done' };

const say = (event: TraceEvent, transfer: Transferable[] = []) => postMessage(event, { transfer });

/** Told after so many bytes more. */
const STEP_BYTES = 2 ** 20;

// Reads the traces that the page hands over, one after the other, so that the page stays usable.
addEventListener('message', async ({ data }: MessageEvent<readonly PlacedFile[]>) => {
  let before = 0;
  let told = 0;
  for (const { path, file } of data) {
    const onRead = (bytes: number) => {
      if (before + bytes < told + STEP_BYTES) return;
      told = before + bytes;
      say({ kind: 'read', bytes: told });
    };
    try {
      const trace = await readTrace(path, file, new Date(file.lastModified), onRead);
      const { name, process, start, length } = trace.kernels;
      say({ kind: 'trace', trace }, [name.buffer, process.buffer, start.buffer, length.buffer]);
    } catch (cause) {
      if (cause instanceof InputError) say({ kind: 'problem', why: cause.phrase });
      else say({ kind: 'failed', why: String(cause) });
    }
    before += file.size;
  }
  say({ kind: 'done' });
});
