/**
 * An emulated link: a message starts when it could leave and both its ports are free, holds them for bytes / bandwidth,
 * and has arrived a latency later.
 */
export type Link = { readonly latencyMs: number; readonly bytesPerMs: number };

export const INSTANT: Link = { latencyMs: 0, bytesPerMs: Number.POSITIVE_INFINITY };

/** Link of `gbps` gigabytes (1e9) a second and `us` microseconds, slowed `dilation` times. */
export const linkOf = (gbps: number, us: number, dilation: number): Link => ({
  latencyMs: (us / 1000) * dilation,
  bytesPerMs: (gbps * 1e6) / dilation,
});
