import { bindableBytes, type Gpu, hasRoom } from '../gpu/device';
import { memoryOf } from '../model/memory';
import type { Plan } from '../model/plan';
import type { ModelSpec } from '../model/spec';
import { InputError } from '../words/error';
import { megabytes } from '../words/megabytes';
import { type Phrase, phrase } from '../words/phrase';
import type { Cluster } from './cluster';
import type { RunMemory } from './memory';

/**
 * Throws InputError when a run's values have no room beside a model's weights and what its program keeps: all of it is
 * asked for, but what buffers of earlier runs have, and given back.
 */
export async function checkRoom(
  { weightBytes, plan, ranks }: Pick<Cluster, 'weightBytes' | 'plan' | 'ranks'>,
  { bytes, largest }: RunMemory,
  { keptBytes, haveBytes }: { readonly keptBytes: number; readonly haveBytes: number },
): Promise<void> {
  const { gpu } = ranks[0]!.engine;
  const limit = bindableBytes(gpu.device);
  if (largest.bytes > limit)
    throw new InputError(
      phrase`A value of this run (${largest.name}) needs a buffer of ${megabytes(largest.bytes)} on a device, but this GPU binds at most ${megabytes(limit)}; use fewer tokens or a smaller model.`,
    );
  // A processor's memory is the machine's: what asks for too much of it is ended by the system.
  if (gpu.isProcessor || (await hasRoom(gpu, bytes - haveBytes))) return;
  const total = megabytes(weightBytes + keptBytes + bytes);
  throw new InputError(
    phrase`This run needs ${total} on ${plan.ranks} devices together (weights ${megabytes(weightBytes)}, caches, an optimizer's averages and sums of gradients ${megabytes(keptBytes)}, values on the way ${megabytes(bytes)}), which this GPU did not have; use fewer tokens or a smaller model.`,
  );
}

/** Throws InputError when a model can't be spread over so many ranks, or needs a buffer that the GPU can't bind. */
export function checkFits(spec: ModelSpec, plan: Plan, gpu: Gpu): void {
  checkPlan(spec, plan);
  const { largest, bytes } = memoryOf(spec, plan);
  const limit = bindableBytes(gpu.device);
  if (largest.bytes > limit)
    throw new InputError(
      phrase`${largest.name} needs a buffer of ${megabytes(largest.bytes)} on each of ${plan.ranks} devices (the whole model ${megabytes(bytes)}), but this GPU binds at most ${megabytes(limit)}; use more devices or a smaller model.`,
    );
}

/** Throws InputError when a model can't be spread so, or has sizes that no kernel computes. */
export function checkPlan(spec: ModelSpec, plan: Plan): void {
  const { ranks } = plan;
  if (plan.kind === 'tp') checkSplits(spec, ranks);
  for (const { feedForward } of spec.layers) {
    if (feedForward.kind !== 'moe') continue;
    const { experts } = feedForward;
    if (experts % ranks !== 0)
      throw new InputError(
        phrase`${experts} experts can't be spread evenly over ${ranks} devices; choose a number of devices that divides ${experts}.`,
      );
    if (experts > MOST_EXPERTS)
      throw new InputError(phrase`A layer of ${experts} experts can't be computed here; at most ${MOST_EXPERTS} can.`);
  }
  for (const { attention } of spec.layers) {
    const width = attention.kind === 'mla' ? Math.max(attention.latent, attention.valueDim) : attention.headDim;
    if (width > WIDEST_VALUE)
      throw new InputError(
        phrase`Attention values of ${width} columns can't be computed here; at most ${WIDEST_VALUE} can.`,
      );
  }
}

/** Tensor parallelism needs whole heads and channels on every rank. */
function checkSplits(spec: ModelSpec, ranks: number): void {
  const refuse = (count: number, what: Phrase) => {
    throw new InputError(
      phrase`${what} can't be spread evenly over ${ranks} devices (tp); choose a number that divides ${count}, or ep.`,
    );
  };
  for (const { attention: a, feedForward: f } of spec.layers) {
    if (a.heads % ranks !== 0) refuse(a.heads, phrase`${a.heads} attention heads`);
    if (a.kind === 'gqa' && a.kvHeads % ranks !== 0 && ranks % a.kvHeads !== 0)
      refuse(a.kvHeads, phrase`${a.kvHeads} key-value heads`);
    const inner = f.kind === 'dense' ? f.inner : f.sharedInner;
    if (inner % ranks !== 0) refuse(inner, phrase`${inner} channels of an MLP`);
  }
}

/** As router_topk.wgsl, send_plan.wgsl, common/pairs.wgsl and attention/any.wgsl of kernels/ have room for. */
const MOST_EXPERTS = 512;
const WIDEST_VALUE = 512;
