import * as ort from 'onnxruntime-web/webgpu';
import Pbf from 'pbf';
import type { Library, Product, Shape, Values } from './library';

export async function onnxruntime(): Promise<Library> {
  ort.env.logLevel = 'error';
  return {
    name: `onnxruntime-web ${ort.env.versions.web ?? ''}`.trim(),
    async prepare(shape, x, weight, turned) {
      return [
        await product(shape, 'Gemm', x, weight, [shape.cols, shape.inner]),
        await product(shape, 'MatMul', x, turned, [shape.inner, shape.cols]),
      ];
    },
  };
}

type Operator = 'Gemm' | 'MatMul';

/** By Gemm with the second operand transposed, or by MatMul. */
async function product(shape: Shape, operator: Operator, x: Values, weight: Values, dims: number[]): Promise<Product> {
  const session = await ort.InferenceSession.create(modelOf(shape, operator, dims), {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
  });
  const device = (await ort.env.webgpu.device) as GPUDevice;
  const held: GPUBuffer[] = [];
  const onGpu = (values: Values, of: number[]) => {
    const buffer = device.createBuffer({
      size: values.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    device.queue.writeBuffer(buffer, 0, values);
    held.push(buffer);
    return ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: of });
  };
  const feeds = { x: onGpu(x, [shape.rows, shape.inner]), w: onGpu(weight, dims) };
  return {
    async run(times) {
      for (let i = 0; i < times; i++) (await session.run(feeds)).y!.dispose();
      await device.queue.onSubmittedWorkDone();
    },
    async values() {
      const { y } = await session.run(feeds);
      return (await y!.getData(true)) as Float32Array;
    },
    destroy() {
      for (const buffer of held) buffer.destroy();
      void session.release();
    },
  };
}

/** An ONNX model (onnx.proto) of one product. */
function modelOf({ rows, inner, cols }: Shape, operator: Operator, dims: readonly number[]): Uint8Array {
  const value = (name: string, dims: readonly number[]) => (_: null, pbf: Pbf) => {
    pbf.writeStringField(1, name);
    pbf.writeMessage(
      2,
      (_none: null, type: Pbf) => {
        type.writeMessage(
          1,
          (_same: null, tensor: Pbf) => {
            tensor.writeVarintField(1, 1); // float
            tensor.writeMessage(
              2,
              (_still: null, shape: Pbf) => {
                for (const dim of dims)
                  shape.writeMessage(1, (_: null, one: Pbf) => one.writeVarintField(1, dim), null);
              },
              null,
            );
          },
          null,
        );
      },
      null,
    );
  };
  const node = (_: null, pbf: Pbf) => {
    pbf.writeStringField(1, 'x');
    pbf.writeStringField(1, 'w');
    pbf.writeStringField(2, 'y');
    pbf.writeStringField(4, operator);
    if (operator !== 'Gemm') return;
    pbf.writeMessage(
      5,
      (_none: null, attribute: Pbf) => {
        attribute.writeStringField(1, 'transB');
        attribute.writeVarintField(3, 1);
        attribute.writeVarintField(20, 2); // an integer
      },
      null,
    );
  };
  const model = new Pbf();
  model.writeVarintField(1, 8);
  model.writeMessage(
    7,
    (_: null, graph: Pbf) => {
      graph.writeMessage(1, node, null);
      graph.writeStringField(2, 'product');
      graph.writeMessage(11, value('x', [rows, inner]), null);
      graph.writeMessage(11, value('w', dims), null);
      graph.writeMessage(12, value('y', [rows, cols]), null);
    },
    null,
  );
  model.writeMessage(
    8,
    (_: null, opset: Pbf) => {
      opset.writeStringField(1, '');
      opset.writeVarintField(2, 13);
    },
    null,
  );
  return model.finish();
}
