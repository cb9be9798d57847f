import { expect, test } from 'vitest';
import { createLane } from '../../src/cluster/lane';
import type { Kernel } from '../../src/cluster/pass_spans';
import type { Engine } from '../../src/gpu/engine';
import { UNKNOWN_CLOCK } from '../../src/trace/clock';

test('what is recorded after a seal is submitted with what was sealed, in its order', () => {
  const submitted: string[][] = [];
  const encoder = () => {
    const commands: string[] = [];
    const pass = { end: () => {}, add: (name: string) => commands.push(name) };
    return { beginComputePass: () => pass, finish: () => commands };
  };
  const queue = {
    submit: (buffers: string[][]) => submitted.push(buffers.flat()),
    onSubmittedWorkDone: () => new Promise(() => {}),
  };
  const engine = {
    gpu: { device: { createCommandEncoder: encoder, queue } },
    timestamps: null,
    hostWriter: { submitting: () => {}, submitted: () => {} },
  } as unknown as Engine;
  const lane = createLane(engine, [0], UNKNOWN_CLOCK, 0, { lengths: 'stamped', untraced: false }, () => {});
  const kernel = (name: string) =>
    lane.compute(
      { rank: 0, op: { name, outputs: [] }, flops: null, awaited: null, apart: null } as unknown as Kernel,
      (pass) => (pass as unknown as { add: (name: string) => void }).add(name),
    );
  kernel('first');
  lane.seal();
  kernel('second');
  expect([submitted, lane.kernels()]).toEqual([[], 2]);
  expect(lane.submit()).toBe(0);
  expect([submitted, lane.kernels()]).toEqual([[['first', 'second']], 0]);
  // Nothing is left.
  expect(lane.submit()).toBeNull();
  kernel('third');
  expect(lane.submit()).toBe(1);
  expect(submitted).toEqual([['first', 'second'], ['third']]);
  expect(lane.recorder.passes.map(({ submit }) => submit)).toEqual([0, 0, 1]);
});
