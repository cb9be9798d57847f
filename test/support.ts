import { readFile } from 'node:fs/promises';
import { nodeGpu } from '../src/cli/node_gpu';
import { createPause } from '../src/cluster/pause';
import { openGpu } from '../src/gpu/device';
import { createEngine } from '../src/gpu/engine';
import type { Lab } from '../src/lab/lab';

/** A lab on whatever GPU Dawn finds (SwiftShader in CI). Fails when there is none. */
export async function openLab(): Promise<Lab> {
  const gpu = await openGpu(nodeGpu(), 'hardware');
  return { engine: createEngine(gpu), read: (path) => readFile(path), pause: createPause(), runtime: `Node ${process.version}` };
}
