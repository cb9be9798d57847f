import { GpuUnavailable, openGpu } from '../../gpu/device';

/** Why the engine can't run in this browser, the first that is missing. */
export type Lacking = 'insecure' | 'no-webgpu' | 'no-worker' | 'no-adapter' | 'no-device';

/**
 * What a browser lacks to run the engine, null when nothing; opens a device for a moment. The page's own `navigator` is
 * asked, and a worker's.
 */
export async function lackingHere(preference: 'hardware' | 'swiftshader'): Promise<Lacking | null> {
  if (!globalThis.isSecureContext) return 'insecure';
  if (!navigator.gpu) return 'no-webgpu';
  if (!(await hasGpuInWorker())) return 'no-worker';
  try {
    const gpu = await openGpu(navigator.gpu, preference);
    gpu.device.destroy();
    return null;
  } catch (cause) {
    if (cause instanceof GpuUnavailable && (cause.reason === 'no-adapter' || cause.reason === 'no-device'))
      return cause.reason;
    throw cause;
  }
}

function hasGpuInWorker(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./availability_worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<boolean>) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = (event) => {
      worker.terminate();
      reject(new Error(`The worker that looks for WebGPU could not start: ${event.message}`));
    };
  });
}
