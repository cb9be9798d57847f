import type { Gpu } from '../gpu/device';
import { InputError } from '../model/error';
import { megabytes, memoryOf } from '../model/memory';
import type { ModelSpec } from '../model/spec';

/** Throws InputError when a model can't be spread over so many ranks, or needs a buffer that the GPU can't bind. */
export function checkFits(spec: ModelSpec, ranks: number, gpu: Gpu): void {
  for (const { feedForward } of spec.layers) {
    if (feedForward.kind !== 'moe') continue;
    const { experts } = feedForward;
    if (experts % ranks !== 0)
      throw new InputError(
        `${experts} experts can't be spread evenly over ${ranks} devices; choose a number of devices that divides ${experts}.`,
      );
    if (experts / ranks > MOST_EXPERTS_A_RANK)
      throw new InputError(
        `${experts} experts on ${ranks} devices are ${experts / ranks} each, but at most ${MOST_EXPERTS_A_RANK} can be planned for; use more devices.`,
      );
  }
  for (const { attention } of spec.layers) {
    const width = attention.kind === 'mla' ? Math.max(attention.latent, attention.valueDim) : attention.headDim;
    if (width > WIDEST_VALUE)
      throw new InputError(`Attention values of ${width} columns can't be computed here; at most ${WIDEST_VALUE} can.`);
  }
  const { largest, bytes } = memoryOf(spec, ranks);
  const limit = Math.min(gpu.device.limits.maxBufferSize, gpu.device.limits.maxStorageBufferBindingSize);
  if (largest.bytes > limit)
    throw new InputError(
      `${largest.name} needs a buffer of ${megabytes(largest.bytes)} on each of ${ranks} devices (the whole model ${megabytes(bytes)}), but this GPU binds at most ${megabytes(limit)}; use more devices or a smaller model.`,
    );
}

/** As kernels/send_plan.wgsl and kernels/attention.wgsl have room for. */
const MOST_EXPERTS_A_RANK = 512;
const WIDEST_VALUE = 512;
