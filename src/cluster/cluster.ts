import type { BufferPool, Storage } from '../gpu/buffers';
import { withinMemory } from '../gpu/device';
import type { Engine } from '../gpu/engine';
import type { WeightSource } from '../model/checkpoint';
import { bytesOnRank, memoryOf } from '../model/memory';
import type { Plan } from '../model/plan';
import type { ModelSpec } from '../model/spec';
import { type Weight, weightsOf } from '../model/weights';
import { constantsOf } from '../program/constants';
import { InputError } from '../words/error';
import { megabytes } from '../words/megabytes';
import { phrase } from '../words/phrase';
import { checkFits } from './fits';
import { drawWeights, fillWeights, type OnBytes } from './upload';

/**
 * An emulated device on the GPUDevice of `engine`, with what it keeps for all programs: its weights (its part of those
 * that are split) and constants.
 */
export type Rank = {
  readonly index: number;
  readonly engine: Engine;
  readonly kept: ReadonlyMap<string, Storage>;
};

/**
 * Ranks with a model spread over them. `shared` backing: all on one GPUDevice, one queue, in turn; a message is a copy
 * from one rank's buffer to another's. `separate`: a GPUDevice a rank; a message goes through the host.
 */
export type Cluster = {
  readonly plan: Plan;
  readonly ranks: readonly Rank[];
  /** Bytes of the weights, of all ranks together. */
  readonly weightBytes: number;
  destroy(): void;
};

type ClusterOptions = {
  /** Positions that sequences will have at most; the RoPE table is this long. */
  readonly positions: number;
  readonly onProgress?: OnBytes;
  readonly signal?: AbortSignal;
};

/**
 * Puts a model on ranks, rank r on the GPUDevice of `engines[r]`: one for all, or one each. Throws InputError when it
 * does not fit them or the GPU's memory, or when its files turn out to be cut short.
 */
export async function createCluster(
  engines: readonly Engine[],
  spec: ModelSpec,
  source: WeightSource,
  plan: Plan,
  { positions, onProgress, signal }: ClusterOptions,
): Promise<Cluster> {
  checkFits(spec, plan, engines[0]!.gpu);
  const pools = engines.map((engine) => engine.createPool());
  const destroy = () => {
    for (const pool of pools) pool.destroy();
  };
  try {
    const weights = weightsOf(spec);
    const held = await reserve(engines, spec, weights, pools, plan);
    if (source.kind === 'stored') await fillWeights(engines, weights, held, plan, source, onProgress, signal);
    else await drawWeights(engines, weights, held, plan, source, onProgress, signal);
    const rows = Math.min(positions, spec.maxPositions);
    for (const { value, content } of constantsOf(spec)) {
      const data = content(rows);
      for (const [rank, pool] of pools.entries()) held[rank]!.set(value.name, pool.hold(data));
    }
    return {
      plan,
      ranks: engines.map((engine, index): Rank => ({ index, engine, kept: held[index]! })),
      weightBytes: memoryOf(spec, plan).bytes,
      destroy,
    };
  } catch (cause) {
    destroy();
    throw cause;
  }
}

/** Buffers for all weights, before the first byte is read: a GPU without the memory says so here. */
async function reserve(
  engines: readonly Engine[],
  spec: ModelSpec,
  weights: readonly Weight[],
  pools: readonly BufferPool[],
  plan: Plan,
): Promise<Map<string, Storage>[]> {
  const gpus = [...new Set(engines)].map(({ gpu }) => gpu);
  const { result: held, refused } = await withinMemory(gpus, () =>
    pools.map((pool) => new Map(weights.map((weight) => [weight.name, pool.reserve(bytesOnRank(weight, plan))]))),
  );
  if (refused)
    throw new InputError(
      phrase`The model needs ${megabytes(memoryOf(spec, plan).bytes)} on ${pools.length} devices, which this GPU did not have; use fewer devices or a smaller model.`,
    );
  return held;
}
