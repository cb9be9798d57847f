import type { Storage } from '../gpu/buffers';
import { isCollective, type Program } from '../program/program';
import type { Order } from '../schedule/orders';
import type { Feed } from './feed';
import { launchIn } from './launching';
import type { BoundRank } from './run_contract';
import { createValues, readersOf } from './values';

/** An input that is what the step before put out. */
export type Carried = { readonly input: string; readonly output: string };

/**
 * Steps of a program on one rank, each in one pass and one submit, without a trace. A step may be submitted before the
 * one before it was told: what it needs of that, it has on the GPU.
 */
export type Stream = {
  /** Answers the program's outputs, as words of 32 bits, once the GPU has done the step. */
  readonly submit: (feed: Feed) => Promise<readonly Uint32Array[]>;
  readonly close: () => void;
};

/** `first`: what the first step carries over, as words. */
export function createStream(
  bound: BoundRank,
  program: Program,
  orders: readonly Order[],
  carried: Carried,
  first: Uint32Array<ArrayBuffer>,
): Stream {
  if (program.operations.some(isCollective)) throw new Error('a stream has one rank, and no collectives');
  const { rank, pools, kept } = bound;
  const { gpu, launcher, readback } = rank.engine;
  const { device } = gpu;
  const readers = readersOf(program);
  // What is carried lies apart: other values may use the output's buffer before the next step reads it.
  const between: Storage = pools.own.hold(first);
  return {
    submit(feed) {
      const values = createValues(program, readers, pools, kept, feed);
      try {
        const encoder = device.createCommandEncoder();
        for (const name of program.inputs) {
          const { buffer } = values.take(name);
          if (name === carried.input) encoder.copyBufferToBuffer(between.buffer, 0, buffer, 0, first.byteLength);
          else device.queue.writeBuffer(buffer, 0, feed.inputs.get(name)!);
        }
        const pass = encoder.beginComputePass();
        for (const order of orders) {
          const launched = order.do === 'compute' && launchIn(bound, values, order);
          if (launched) launcher.record(pass, launched.launch);
        }
        pass.end();
        encoder.copyBufferToBuffer(values.get(carried.output).buffer, 0, between.buffer, 0, first.byteLength);
        const map = readback.record(encoder, program.outputs.map(values.rangeOf));
        device.queue.submit([encoder.finish()]);
        return map().then((parts) => parts.map((part) => new Uint32Array(part)));
      } finally {
        values.close();
      }
    },
    close: () => pools.own.drop(between),
  };
}
