import { english, type Phrase, phrase, wordsOf } from '../words/phrase';

/** Why there is no GPU to compute on, in a sentence for the user. */
export class GpuUnavailable extends Error {
  override name = 'GpuUnavailable';
  constructor(
    readonly reason: 'no-webgpu' | 'no-adapter' | 'no-device' | 'lost' | 'limits',
    readonly phrase: Phrase,
  ) {
    super(english(phrase));
  }
}

/** A device with what the engine needs to know of it. `lost` aborts when it goes away, for a GpuUnavailable. */
export type Gpu = {
  /** Kept only to be kept: Dawn for Node crashes once the instance of a living device is collected. */
  readonly instance: GPU;
  readonly device: GPUDevice;
  readonly preference: 'hardware' | 'swiftshader';
  readonly timestamps: boolean;
  /** It computes on the processor: another device for tests and for those who have none. */
  readonly isProcessor: boolean;
  readonly description: string;
  readonly lost: AbortSignal;
};

/**
 * Opens a device with the adapter's own limits. `gpu` is navigator.gpu, or Dawn's in Node; undefined where there is no
 * WebGPU. Throws GpuUnavailable.
 */
export async function openGpu(gpu: GPU | undefined, preference: 'hardware' | 'swiftshader'): Promise<Gpu> {
  if (!gpu)
    throw new GpuUnavailable(
      'no-webgpu',
      phrase`This browser has no WebGPU here; open the page over https (or localhost) in a current Chrome, Edge, Safari or Firefox.`,
    );
  const adapter = await requestAdapter(gpu, preference);
  if (!adapter)
    throw new GpuUnavailable(
      'no-adapter',
      phrase`WebGPU found no graphics adapter; turn on hardware acceleration in the browser and update the graphics driver.`,
    );
  const timestamps = adapter.features.has('timestamp-query');
  const { limits } = adapter;
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      requiredFeatures: timestamps ? ['timestamp-query'] : [],
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      },
    });
  } catch (cause) {
    throw new GpuUnavailable(
      'no-device',
      phrase`The graphics adapter gave no device (${wordsOf(cause)}); close other pages that use the GPU and reload.`,
    );
  }
  const { vendor, architecture, device: model, description } = adapter.info;
  return {
    instance: gpu,
    device,
    preference,
    timestamps,
    isProcessor: adapter.info.isFallbackAdapter || architecture === 'swiftshader',
    description: description || [vendor, architecture, model].filter(Boolean).join(' ') || 'unnamed adapter',
    lost: lostSignalOf(device),
  };
}

function lostSignalOf(device: GPUDevice): AbortSignal {
  const lost = new AbortController();
  device.lost.then(({ message }) =>
    lost.abort(
      new GpuUnavailable(
        'lost',
        phrase`The GPU device was lost (${message || phrase`no reason given`}); press Run to open it again.`,
      ),
    ),
  );
  return lost.signal;
}

/** Bytes of the largest buffer that a kernel can work on. */
export const bindableBytes = ({ limits }: { readonly limits: GPUSupportedLimits }): number =>
  Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);

/** bindableBytes of a device that `openGpu` would open, without opening it; null where there is no adapter. */
export async function bindableBytesOf(gpu: GPU | undefined, preference: Gpu['preference']): Promise<number | null> {
  const adapter = gpu ? await requestAdapter(gpu, preference) : null;
  return adapter && bindableBytes(adapter);
}

/**
 * Runs `work` and throws GpuUnavailable when the GPU refused a command of it, for want of memory or else: what such
 * work reads back means nothing.
 */
export async function refusingErrors<T>({ device }: Gpu, work: () => Promise<T>): Promise<T> {
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let errors: Promise<(GPUError | null)[]>;
  let result: T;
  try {
    result = await work();
  } finally {
    errors = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    // A failure of the work itself is told instead; popping fails when the device is lost, which is told elsewhere.
    errors.catch(() => {});
  }
  const error = (await errors).find((found) => found !== null);
  if (!error) return result;
  throw new GpuUnavailable(
    'limits',
    phrase`The GPU refused a command (${error.message.split('\n')[0]!}); use fewer tokens or a smaller model.`,
  );
}

/** What `reserve` gives, and whether any of the devices had no memory for the buffers that it made. */
export async function withinMemory<T>(
  gpus: readonly Gpu[],
  reserve: () => T,
): Promise<{ readonly result: T; readonly refused: boolean }> {
  for (const { device } of gpus) device.pushErrorScope('out-of-memory');
  let errors: Promise<(GPUError | null)[]>;
  let result: T;
  try {
    result = reserve();
  } finally {
    errors = Promise.all(gpus.map(({ device }) => device.popErrorScope()));
    // A failure of the work itself is told instead.
    errors.catch(() => {});
  }
  return { result, refused: (await errors).some((error) => error !== null) };
}

/** Bytes of a buffer that is made to see whether there is room. */
const TRIED = 2 ** 28;

/** Whether buffers of so many bytes in all can be had; they are given back. */
export async function hasRoom(gpu: Gpu, bytes: number): Promise<boolean> {
  const size = Math.min(TRIED, bindableBytes(gpu.device));
  const tried: GPUBuffer[] = [];
  let room = true;
  for (let left = bytes; left > 0 && room; left -= size) {
    const { result, refused } = await withinMemory([gpu], () =>
      gpu.device.createBuffer({ size: Math.ceil(Math.min(size, left) / 4) * 4, usage: GPUBufferUsage.STORAGE }),
    );
    tried.push(result);
    room = !refused;
  }
  for (const buffer of tried) buffer.destroy();
  return room;
}

/**
 * The first request of a fresh Chromium on some NVIDIA machines answers null and the next one an adapter: ask again.
 */
async function requestAdapter(gpu: GPU, preference: 'hardware' | 'swiftshader'): Promise<GPUAdapter | null> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const adapter = await gpu.requestAdapter(
      preference === 'swiftshader' ? { forceFallbackAdapter: true } : { powerPreference: 'high-performance' },
    );
    if (adapter) return adapter;
  }
  return null;
}
