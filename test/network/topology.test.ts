import { expect, test } from 'vitest';
import { aloneMs, quickerAllReduce } from '../../src/network/network';
import { linksOf, nodeOf, type Topology } from '../../src/network/topology';
import type { AllToAll } from '../../src/program/program';
import { allGather } from './collectives';

const within = { latencyMs: 1, bytesPerMs: 100 };
const between = { latencyMs: 5, bytesPerMs: 10 };
const FIRST = { op: 0, step: 0 };
const two: Topology = { nodes: 2, within, between, jitter: 0, slow: null };

test('ranks of a node speak over one link, nodes over another', () => {
  expect([0, 1, 2, 3].map((rank) => nodeOf(two, 4, rank))).toEqual([0, 0, 1, 1]);
  const link = linksOf(two, 4, 1);
  expect([link(0, 1, FIRST), link(1, 2, FIRST), link(3, 2, FIRST), link(3, 0, FIRST)]).toEqual([
    within,
    between,
    within,
    between,
  ]);
});

test('a straggler is slow both ways, and nobody else', () => {
  const link = linksOf({ ...two, nodes: 1, slow: { rank: 2, times: 3 } }, 4, 1);
  expect(link(0, 1, FIRST)).toEqual(within);
  for (const [from, to] of [
    [0, 2],
    [2, 3],
  ] as const)
    expect(link(from, to, FIRST)).toEqual({ latencyMs: 3, bytesPerMs: 100 / 3 });
});

test('jitter only lengthens, by its share on average, and is drawn for a message by what it is', () => {
  const draw = (seed: number) => {
    const link = linksOf({ ...two, jitter: 0.5 }, 4, seed);
    return Array.from({ length: 20_000 }, (_, op) => link(0, 1, { op, step: op % 3 }).latencyMs);
  };
  const times = draw(7);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(1);
  // The mean of 20,000 exponential variates is within 5 standard errors of 1.
  expect(Math.abs(times.reduce((a, b) => a + b, 0) / 20_000 - 1.5)).toBeLessThan((5 * 0.5) / Math.sqrt(20_000));
  expect(draw(7)).toEqual(times);
  expect(draw(8)).not.toEqual(times);
});

test('small values are added up in one step, large ones round the ring', () => {
  const one: Topology = { ...two, nodes: 1 };
  expect(quickerAllReduce(one, 4, 100)).toBe('direct');
  expect(quickerAllReduce(one, 4, 10_000)).toBe('ring');
  // 3 ways of 10,000 bytes against 6 of 2,500, at 100 bytes a ms and 1 ms a step.
  expect(aloneMs(allGather('direct'), one, 4, 30_000)).toBe(301);
  expect(aloneMs(allGather('ring'), one, 4, 7_500)).toBe(78);
  const combine: AllToAll = { ...allGather('direct'), kind: 'all-to-all', direction: 'combine', exchange: 'routed' };
  expect(aloneMs(combine, one, 4, 30_000)).toBe(301);
  expect(quickerAllReduce(one, 1, 1e9)).toBe('direct');
});

test('a collective alone takes what its bytes and steps take on every kind of link', () => {
  // Straight to all others: of three parts of 1,000 bytes, one stays within the node (10 ms), two leave it (100 ms
  // each); a port that waits for a peer's port loses no more than a part within.
  const across = aloneMs(allGather('direct'), two, 4, 3000);
  expect(across).toBeGreaterThanOrEqual(210 + between.latencyMs);
  expect(across).toBeLessThanOrEqual(220 + between.latencyMs);
  // Round a ring each of three steps waits for the link between nodes.
  const ring = aloneMs(allGather('ring'), two, 4, 3000);
  expect(ring).toBeGreaterThanOrEqual(2 * (100 + between.latencyMs) + 10 + within.latencyMs);
  expect(ring).toBeLessThanOrEqual(3 * (100 + between.latencyMs));
  // Jitter and stragglers are not foreseen; nothing to send takes no bandwidth.
  expect(aloneMs(allGather('direct'), { ...two, jitter: 1, slow: { rank: 0, times: 9 } }, 4, 3000)).toBe(across);
  expect(aloneMs(allGather('direct'), { ...two, nodes: 1 }, 4, 0)).toBe(within.latencyMs);
});
