import { expect, test } from 'vitest';
import { createLane } from '../../src/cluster/lane';
import type { Kernel } from '../../src/cluster/pass_spans';
import type { Engine } from '../../src/gpu/engine';
import { UNKNOWN_CLOCK } from '../../src/trace/clock';

/** A lane over a GPU that only keeps what it is told, in `log`. */
function laneOn(log: string[]) {
  const encoder = () => {
    const commands: string[] = [];
    const pass = { end: () => {}, add: (name: string) => commands.push(name) };
    return { beginComputePass: () => pass, finish: () => commands, read: (name: string) => commands.push(name) };
  };
  const queue = {
    submit: (buffers: string[][]) => log.push(`submit ${buffers.flat().join(' ')}`),
    onSubmittedWorkDone: () => new Promise(() => {}),
  };
  const hold = (into: { read: (name: string) => void }) => {
    into.read('read');
    const release = () => log.push('release');
    const map = async () => {
      log.push('map');
      return { parts: [new Uint8Array([7])], release };
    };
    return { map, drop: () => log.push('drop') };
  };
  const engine = {
    gpu: { device: { createCommandEncoder: encoder, queue } },
    timestamps: null,
    readback: { hold },
    hostWriter: { submitting: () => {}, submitted: () => log.push('written') },
  } as unknown as Engine;
  const lane = createLane(engine, [0], UNKNOWN_CLOCK, 0, { lengths: 'stamped', untraced: false }, () => {});
  const kernel = (name: string, ...outputs: string[]) =>
    lane.compute(
      { rank: 0, op: { name, outputs }, flops: null, awaited: null, apart: null } as unknown as Kernel,
      (pass) => (pass as unknown as { add: (name: string) => void }).add(name),
    );
  return { lane, kernel };
}

const RANGE = [{ buffer: {} as GPUBuffer, offset: 0, bytes: 1 }];

test('what was sealed is submitted one by one, in its order, and what the host wrote for it is done after the last', () => {
  const log: string[] = [];
  const { lane, kernel } = laneOn(log);
  kernel('first');
  kernel('second');
  expect(lane.kernels()).toBe(2);
  lane.seal();
  // Nothing is sealed twice.
  lane.seal();
  kernel('third');
  expect([log, lane.kernels()]).toEqual([[], 1]);
  expect(lane.submitNext()).toBe(true);
  expect(lane.submitNext()).toBe(false);
  expect(log).toEqual(['submit first second', 'written']);
  lane.seal();
  kernel('fourth');
  lane.submit();
  expect(log.splice(2)).toEqual(['submit third', 'submit fourth', 'written']);
  lane.submit();
  expect(log).toHaveLength(2);
  expect(lane.recorder.passes.map(({ submit }) => submit)).toEqual([0, 1, 2]);
});

test('a read ends what goes with a submit, and is mapped when that is submitted, or dropped when it never is', async () => {
  const log: string[] = [];
  const { lane, kernel } = laneOn(log);
  kernel('first');
  const read = lane.read(RANGE, null, false);
  kernel('second');
  lane.seal();
  expect(log).toEqual([]);
  lane.submitNext();
  expect(log.splice(0)).toEqual(['submit first read', 'map']);
  const { parts, release } = await read;
  expect([...parts[0]!]).toEqual([7]);
  release();
  lane.read(RANGE, null, false);
  lane.drop();
  lane.submit();
  expect(log).toEqual(['release', 'drop']);
});

test('when a value was written is known by the stamps of its pass: for sure, and for what the GPU does next', () => {
  const { lane, kernel } = laneOn([]);
  kernel('first', 'x');
  expect([lane.writtenAt('x'), lane.stampedAt('x'), lane.stampedAt('y')]).toEqual([undefined, undefined, undefined]);
  lane.submit();
  lane.recorder.known(0, 9);
  lane.recorder.timestamps(0, BigUint64Array.from([0n, 65_536n]));
  expect(lane.writtenAt('x')! - lane.stampedAt('x')!).toBeCloseTo(0.065536, 9);
});
