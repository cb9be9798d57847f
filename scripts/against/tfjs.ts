import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Library, Product } from './library';

export async function tfjs(): Promise<Library> {
  await tf.setBackend('webgpu');
  await tf.ready();
  return {
    name: `tfjs-webgpu ${tf.version_core}`,
    async prepare({ rows, inner, cols }, x, weight, turned) {
      const a = tf.tensor2d(x, [rows, inner]);
      const product = (b: tf.Tensor2D, transposed: boolean): Product => {
        const multiply = () => tf.matMul(a, b, false, transposed);
        return {
          async run(times) {
            for (let i = 1; i < times; i++) multiply().dispose();
            const last = multiply();
            // Its queue alone does not say when work is done: only what is read is there.
            const corner = tf.slice(last, [0, 0], [1, 1]);
            await corner.data();
            tf.dispose([last, corner]);
          },
          async values() {
            const out = multiply();
            const values = (await out.data()) as Float32Array;
            out.dispose();
            return values;
          },
          destroy: () => b.dispose(),
        };
      };
      return [product(tf.tensor2d(weight, [cols, inner]), true), product(tf.tensor2d(turned, [inner, cols]), false)];
    },
  };
}
