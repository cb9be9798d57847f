import type { BufferPool, Storage } from '../gpu/buffers';
import type { Engine } from '../gpu/engine';
import type { Launch } from '../gpu/launcher';
import { InputError } from '../model/error';
import { ropeTable } from '../model/rope';
import type { Tensors } from '../model/safetensors';
import type { ModelSpec } from '../model/spec';
import { readParts, weightsOf } from '../model/weights';
import { ROPE_TABLE } from '../program/lower_attention';
import type { Order } from '../program/schedule';

/** An emulated device: its own weights (its share of the experts) and its own buffers. */
export type Rank = {
  readonly index: number;
  readonly pool: BufferPool;
  readonly weights: ReadonlyMap<string, Storage>;
  /** What each order was last bound to here, so that a run repeated binds nothing. */
  readonly launches: WeakMap<Order, Launch>;
};

/**
 * Ranks with a model spread over them. Backing `shared`: all on one engine, one queue; a message is a copy from one
 * rank's buffer to another's. (A `separate` backing, an engine a rank, has its place here.)
 */
export type Cluster = {
  readonly backing: 'shared';
  readonly engine: Engine;
  readonly ranks: readonly Rank[];
  destroy(): void;
};

/** Uploads a checkpoint over `count` ranks. Throws InputError when its experts can't be spread evenly over them. */
export function createCluster(engine: Engine, spec: ModelSpec, tensors: Tensors, count: number): Cluster {
  for (const { feedForward } of spec.layers)
    if (feedForward.kind === 'moe' && feedForward.experts % count !== 0)
      throw new InputError(
        `${feedForward.experts} experts can't be spread evenly over ${count} devices; choose a number of devices that divides ${feedForward.experts}.`,
      );
  const pools = Array.from({ length: count }, () => engine.createPool());
  const weights = pools.map(() => new Map<string, Storage>());
  const attention = spec.layers[0]!.attention;
  const rope = ropeTable(attention.rope, spec.maxPositions);
  for (const weight of weightsOf(spec)) {
    const share = weight.split ? weight.parts.length / count : 0;
    const whole = weight.split ? null : readParts(tensors, weight.parts);
    pools.forEach((pool, rank) => {
      const own = whole ?? readParts(tensors, weight.parts.slice(rank * share, (rank + 1) * share));
      weights[rank]!.set(weight.name, pool.hold(own));
    });
  }
  pools.forEach((pool, rank) => {
    weights[rank]!.set(ROPE_TABLE, pool.hold(rope));
  });
  return {
    backing: 'shared',
    engine,
    ranks: pools.map((pool, index) => ({ index, pool, weights: weights[index]!, launches: new WeakMap() })),
    destroy(): void {
      for (const pool of pools) pool.destroy();
    },
  };
}
