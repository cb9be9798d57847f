import { firstAfter, type Lane } from './lanes';

/** Red, green and blue, 0 to 255, and how opaque, 0 to 1. */
export type Rgba = readonly [number, number, number, number];

/**
 * A lane as one row of pixels, by area: a pixel is as opaque as items cover it, in the mean of their colours, so that a
 * thousand kernels in one pixel look as busy as they are. Takes time by pixels and items in view. `from`: axis time of
 * the left edge, ms; `scale`: pixels a ms; `row`: RGBA bytes of one row; `dimmed`: items to be drawn faintly, by their
 * place in the spans; null: none.
 */
export function rasterLane(
  lane: Lane,
  from: number,
  scale: number,
  row: Uint8ClampedArray,
  colours: readonly Rgba[],
  scratch: Float32Array,
  dimmed: Uint8Array | null = null,
): void {
  const width = row.length / 4;
  const to = from + width / scale;
  scratch.fill(0, 0, 4 * width);
  const add = (pixel: number, share: number, [r, g, b, a]: Rgba) => {
    const weight = share * a;
    const at = 4 * pixel;
    scratch[at]! += weight * r;
    scratch[at + 1]! += weight * g;
    scratch[at + 2]! += weight * b;
    scratch[at + 3]! += weight;
  };
  for (let i = firstAfter(lane, from); i < lane.count && lane.start[i]! < to; i++) {
    const end = lane.end[i]!;
    if (end <= from) continue;
    const left = Math.max(0, (lane.start[i]! - from) * scale);
    const right = Math.min(width, (end - from) * scale);
    const full = colours[lane.colour[i]!]!;
    const colour: Rgba = dimmed?.[lane.item[i]!] ? [full[0], full[1], full[2], full[3] * DIM] : full;
    const first = Math.floor(left);
    const last = Math.floor(right);
    if (first === last) {
      if (first < width) add(first, right - left, colour);
      continue;
    }
    // A darker edge tells neighbours of one colour apart.
    const edge = right - left > EDGED_FROM && lane.start[i]! >= from ? darker(colour) : colour;
    add(first, first + 1 - left, edge);
    for (let pixel = first + 1; pixel < last; pixel++)
      add(pixel, 1, pixel === first + 1 && first + 1 - left < 0.5 ? edge : colour);
    if (last < width) add(last, right - last, colour);
  }
  for (let at = 0; at < 4 * width; at += 4) {
    const weight = scratch[at + 3]!;
    if (weight === 0) {
      row[at + 3] = 0;
      continue;
    }
    row[at] = scratch[at]! / weight;
    row[at + 1] = scratch[at + 1]! / weight;
    row[at + 2] = scratch[at + 2]! / weight;
    row[at + 3] = 255 * Math.min(1, weight);
  }
}

const DIM = 0.15;
const EDGED_FROM = 4;
const darker = ([r, g, b, a]: Rgba): Rgba => [0.6 * r, 0.6 * g, 0.6 * b, a];
