import { blockUntilReady, defaultDevice, init, jit, numpy as np } from '@jax-js/jax';
import type { Library } from './library';

export async function jax(): Promise<Library> {
  await init('webgpu');
  defaultDevice('webgpu');
  return {
    name: 'jax-js',
    async prepare({ rows, inner, cols }, x, weight) {
      const a = np.array(x, { shape: [rows, inner] });
      const b = np.array(weight, { shape: [cols, inner] });
      const multiply = jit((left: np.Array, right: np.Array) => np.dot(left, right.transpose()));
      return {
        async run(times) {
          let last: np.Array | null = null;
          for (let i = 0; i < times; i++) {
            last?.dispose();
            last = multiply(a.ref, b.ref);
          }
          await blockUntilReady(last!);
          last!.dispose();
        },
        values: async () => (await multiply(a.ref, b.ref).data()) as Float32Array,
        destroy() {
          a.dispose();
          b.dispose();
        },
      };
    },
  };
}
