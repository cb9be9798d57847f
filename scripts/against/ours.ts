import { openGpu } from '../../src/gpu/device';
import { createEngine } from '../../src/gpu/engine';
import { bestVariant } from '../../src/gpu/tuning';
import type { Library, Product } from './library';

export async function ours(): Promise<Library> {
  const engine = createEngine(await openGpu(navigator.gpu, 'hardware'));
  const { device } = engine.gpu;
  return {
    name: 'FarSkip Lab',
    async prepare(shape, x, weight) {
      const sizes = { ...shape };
      engine.launcher.tune(await bestVariant(engine, { kernel: 'gemm', sizes }));
      await engine.launcher.prepare([{ kernel: 'gemm', sizes }]);
      const pool = engine.createPool();
      const out = pool.reserve(4 * shape.rows * shape.cols);
      const launch = engine.launcher.bind('gemm', sizes, [pool.hold(x), pool.hold(weight), out]);
      const record = (times: number) => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        for (let i = 0; i < times; i++) engine.launcher.record(pass, launch);
        pass.end();
        return encoder;
      };
      const product: Product = {
        async run(times) {
          device.queue.submit([record(times).finish()]);
          await device.queue.onSubmittedWorkDone();
        },
        async values() {
          const encoder = record(1);
          const map = engine.readback.record(encoder, [{ buffer: out.buffer, offset: 0, bytes: out.bytes }]);
          device.queue.submit([encoder.finish()]);
          return new Float32Array((await map())[0]!).slice(0, shape.rows * shape.cols);
        },
        destroy() {
          engine.launcher.release(launch);
          pool.destroy();
        },
      };
      return [product];
    },
  };
}
