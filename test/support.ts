import { diskSource } from '../src/cli/disk';
import { nodeGpu } from '../src/cli/node_gpu';
import { createPause } from '../src/cluster/pause';
import { openGpu } from '../src/gpu/device';
import { createEngine } from '../src/gpu/engine';
import type { Lab } from '../src/lab/lab';

/** A lab on whatever GPU Dawn finds (SwiftShader in CI). Paths are relative to `root`. Fails when there is no GPU. */
export async function openLab(root = '.'): Promise<Lab> {
  const gpu = await openGpu(nodeGpu(), 'hardware');
  return {
    engine: createEngine(gpu),
    source: diskSource(root),
    dropped: null,
    pause: createPause(gpu),
    runtime: `Node ${process.version}`,
  };
}
