import type { Pause } from '../../cluster/pause';
import type { Storage } from '../../gpu/buffers';
import type { Engine } from '../../gpu/engine';

/** What a value that a rank keeps has by now; there may be more of the buffer than of the value. */
export async function floatsIn(
  { readback }: Engine,
  { buffer, bytes }: Storage,
  pause: Pause,
): Promise<Float32Array<ArrayBuffer>> {
  const [content] = await pause.during(readback.read([{ buffer, offset: 0, bytes }]));
  return new Float32Array(content!);
}
