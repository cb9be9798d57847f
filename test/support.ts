import { diskSource } from '../src/cli/disk';
import { nodeGpu } from '../src/cli/node_gpu';
import { createPause } from '../src/cluster/pause';
import { openGpu } from '../src/gpu/device';
import { createEngine } from '../src/gpu/engine';
import type { Lab } from '../src/lab/setup/lab';
import { selfTest } from '../src/lab/setup/self_test';
import type { SelfTest } from '../src/lab/setup/self_test_result';
import { NO_STORE } from '../src/lab/setup/tuning';
import { createIncidents } from '../src/lab/setup/watch';

/** One machine has one GPU: what was found of it once holds for all labs of a test file. */
let found: SelfTest | null = null;

/** A lab on whatever GPU Dawn finds (SwiftShader in CI). Paths are relative to `root`. Fails when there is no GPU. */
export async function openLab(root = '.', timestamps: 'fine' | 'rounded' = 'fine'): Promise<Lab> {
  const gpu = await openGpu(nodeGpu(timestamps), 'hardware');
  const engine = createEngine(gpu);
  const pause = createPause(gpu, () => {});
  found ??= await selfTest(engine, pause);
  return {
    engine,
    source: diskSource(root),
    dropped: null,
    pause,
    runtime: `Node ${process.version}`,
    selfTest: found,
    incidents: createIncidents(),
    tunedStore: NO_STORE,
    close() {
      pause.close();
      engine.destroy();
      gpu.device.destroy();
    },
  };
}
