import { createBufferPool } from './buffers';
import type { Gpu } from './device';
import { HOST_WRITES } from './host_write';
import { createLauncher } from './launcher';
import { createReadback } from './readback';
import { createTimestamps } from './timestamps';

/** Everything that runs on one GPUDevice. Clusters and executables hold pools of its buffers. */
export type Engine = ReturnType<typeof createEngine>;

export function createEngine(gpu: Gpu) {
  const launcher = createLauncher(gpu);
  const readback = createReadback(gpu);
  const timestamps = gpu.timestamps ? createTimestamps(gpu) : null;
  const hostWriter = HOST_WRITES['kept mapped'](gpu);
  let buffers = 0;
  return {
    gpu,
    launcher,
    readback,
    timestamps,
    hostWriter,
    createPool: () => createBufferPool(gpu, () => buffers++),
    destroy(): void {
      readback.destroy();
      hostWriter.destroy();
      timestamps?.destroy();
    },
  };
}
