import { scaleLinear } from 'd3-scale';
import { isSameLayer, type LayerOf, type layerDifferences } from '../../trace/layers';
import { inkOn, lookOf } from '../parts/palette';
import { ms } from '../text/format';
import { colourOfGap, firstAfter, type Lane, type Prepared, type RankLanes } from './lanes';
import { fontOf, type Layout, type Row } from './layout';
import { rasterLane } from './raster';
import { hatchOf, type Theme } from './theme';

/**
 * Coordinate spaces here: axis time (ms); CSS pixels, in which x = (time − from) × scale and y is the layout's; and the
 * canvas' own pixels, `ratio` to a CSS pixel. What is drawn by spans is rastered in the last and the context is scaled
 * so that all else is in the second.
 */
export type AxisRange = { readonly from: number; readonly to: number };
export type Size = { readonly width: number; readonly height: number; readonly ratio: number };

export type Scene = {
  readonly layout: Layout;
  readonly tracks: readonly Prepared[];
  /** For each track, 1 at the place of each span that a search leaves out; null: no search. */
  readonly dimmed: readonly (Uint8Array | null)[];
  readonly showsWindows: boolean;
  /** Of the layers of two tracks. */
  readonly differences: ReturnType<typeof layerDifferences>;
  readonly names: {
    readonly layer: (of: LayerOf) => string;
    readonly step: (step: number) => string;
    /** Of a layer that one of two runs is through with earlier. */
    readonly sooner: (ms: number) => string;
    /** A last layer's difference, with what of other layers is drained after it. */
    readonly drained: (difference: string) => string;
    readonly blocks: (item: number, track: Prepared) => string;
    /** What a device waits for, in full and more and more shortly; null: it does not wait for a collective. */
    readonly waits: (gap: number, track: Prepared) => readonly string[] | null;
  };
};

/** Where a raster of a lane goes, and in which colours. */
type Strip = {
  readonly lane: Lane;
  readonly y: number;
  readonly height: number;
  readonly colours: Theme['colours'];
  readonly dimmed: Uint8Array | null;
};

/**
 * Draws all but what moves with the pointer and the play head. `strips` is a canvas to raster on, kept between frames.
 */
export function drawScene(
  context: CanvasRenderingContext2D,
  strips: HTMLCanvasElement,
  scene: Scene,
  view: AxisRange,
  size: Size,
  theme: Theme,
): void {
  const { width, height, ratio } = size;
  const { layout, tracks } = scene;
  const scale = width / (view.to - view.from);
  const x = (at: number) => (at - view.from) * scale;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = fontOf(layout);
  context.textBaseline = 'middle';

  drawAxis(context, layout, view, size, theme);
  const faint = theme.colours.map(([r, g, b, a]) => [r, g, b, a * FAINT] as const);
  const below: Strip[] = [];
  const above: Strip[] = [];
  for (const row of layout.rows) {
    if (row.kind === 'layers') drawLayers(context, scene, tracks[row.track]!, row, view, width, theme);
    else if (row.kind === 'difference') drawDifference(context, scene, row, view, width, theme);
    else if (row.kind === 'rank') {
      const track = tracks[row.track]!;
      const dimmed = scene.dimmed[row.track] ?? null;
      const lanes = track.ranks[row.rank]!;
      const full = row.lanes.at(-1)!.y + row.lanes.at(-1)!.height - row.y;
      const { colours } = theme;
      if (scene.showsWindows) below.push({ lane: lanes.windows, y: row.y, height: full, colours, dimmed: null });
      for (const { name, y, height: laneHeight } of row.lanes) {
        if (name === 'compute') below.push({ lane: lanes.gaps, y, height: laneHeight, colours, dimmed: null });
        // Collectives lie faintly behind their messages.
        if (name === 'send' || name === 'receive')
          below.push({ lane: lanes.collectives, y, height: laneHeight, colours: faint, dimmed });
        // A search is among spans; what the host is late with are gaps.
        above.push({ lane: lanes[name], y, height: laneHeight, colours, dimmed: name === 'host' ? null : dimmed });
      }
    }
  }
  drawStrips(context, strips, [...below, ...above], view, size);

  drawSooner(context, scene, view, width, theme);
  for (const row of layout.rows) {
    if (row.kind !== 'rank') continue;
    const track = tracks[row.track]!;
    const lanes = track.ranks[row.rank]!;
    drawHatches(context, track, row, lanes, view, width, theme);
    if (!row.collapsed) {
      drawLabels(context, scene, track, row, lanes, view, width);
      drawWaits(context, scene, track, row, lanes, view, width, theme);
      drawMarks(context, layout, row, lanes, x, width, theme);
    }
  }
}

const FAINT = 0.3;
function drawStrips(
  context: CanvasRenderingContext2D,
  canvas: HTMLCanvasElement,
  strips: readonly Strip[],
  view: AxisRange,
  { width, ratio }: Size,
): void {
  const pixels = Math.max(1, Math.round(width * ratio));
  if (strips.length === 0) return;
  if (canvas.width !== pixels || canvas.height < strips.length) {
    canvas.width = pixels;
    canvas.height = Math.max(canvas.height, strips.length);
  }
  const own = canvas.getContext('2d')!;
  const image = own.createImageData(pixels, strips.length);
  const scratch = new Float32Array(4 * pixels);
  const scale = pixels / (view.to - view.from);
  for (const [i, { lane, colours, dimmed }] of strips.entries())
    if (lane.count > 0)
      rasterLane(
        lane,
        view.from,
        scale,
        image.data.subarray(4 * pixels * i, 4 * pixels * (i + 1)),
        colours,
        scratch,
        dimmed,
      );
  own.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  for (const [i, { lane, y, height }] of strips.entries())
    if (lane.count > 0) context.drawImage(canvas, 0, i, pixels, 1, 0, y, width, height);
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { rows, scale: large }: Layout,
  view: AxisRange,
  { width, height }: Size,
  theme: Theme,
): void {
  const bottom = rows[0]!.height;
  const scale = scaleLinear([view.from, view.to], [0, width]);
  const count = Math.max(2, Math.floor(width / (110 * large)));
  const format = scale.tickFormat(count);
  context.strokeStyle = theme.line;
  context.fillStyle = theme.faint;
  context.lineWidth = 1;
  context.textAlign = 'center';
  context.beginPath();
  for (const tick of scale.ticks(count)) {
    const x = Math.round(scale(tick)) + 0.5;
    context.moveTo(x, bottom - 4);
    context.lineTo(x, height);
    if (x > 24 * large && x < width - 26 * large) context.fillText(`${format(tick)} ms`, x, bottom / 2 - 2);
  }
  context.stroke();
  context.textAlign = 'left';
}

function drawLayers(
  context: CanvasRenderingContext2D,
  { names }: Scene,
  { layers, steps, end }: Prepared,
  row: Row,
  view: AxisRange,
  width: number,
  theme: Theme,
): void {
  const scale = width / (view.to - view.from);
  const x = (at: number) => (at - view.from) * scale;
  const sections =
    steps.length > 0
      ? steps.map(({ step, at }, i) => ({ name: names.step(step), at, to: steps[i + 1]?.at ?? end, odd: i % 2 === 1 }))
      : layers.map(({ at, ...of }, i) => ({
          name: names.layer(of),
          at,
          to: layers[i + 1]?.at ?? end,
          odd: i % 2 === 1,
        }));
  for (const { name, at, to, odd } of sections) {
    if (to < view.from || at > view.to) continue;
    const [left, right] = [Math.max(0, x(at)), Math.min(width, x(to))];
    if (odd) {
      context.fillStyle = theme.line;
      context.globalAlpha = 0.55;
      context.fillRect(left, row.y, right - left, row.height);
      context.globalAlpha = 1;
    }
    const label =
      right - left > 12 + context.measureText(name).width ? name : right - left > 22 ? name.match(/\d+/)?.[0] : '';
    if (label) {
      context.fillStyle = theme.faint;
      context.fillText(label, left + 4, row.y + row.height / 2 + 0.5);
    }
  }
}

/** Bars between two tracks: how much longer or shorter the lower run takes for each layer. */
function drawDifference(
  context: CanvasRenderingContext2D,
  { tracks, differences, names }: Scene,
  row: Row,
  view: AxisRange,
  width: number,
  theme: Theme,
): void {
  const [upper] = tracks;
  if (!upper) return;
  const largest = Math.max(...differences.map(({ ms: [a, b] }) => Math.abs(b - a)), 1e-9);
  const scale = width / (view.to - view.from);
  const middle = row.y + row.height / 2;
  for (const { ms: pair, ...of } of differences) {
    const place = upper.layers.findIndex((each) => isSameLayer(each, of));
    const [at, to] = [upper.layers[place]!.at, upper.layers[place + 1]?.at ?? upper.end];
    const [left, right] = [(at - view.from) * scale, (to - view.from) * scale];
    if (right < 0 || left > width) continue;
    const difference = pair[1] - pair[0];
    const size = (Math.abs(difference) / largest) * (row.height / 2 - 2);
    context.fillStyle = difference < 0 ? theme.accent : theme.faint;
    context.fillRect(
      left + 0.5,
      difference < 0 ? middle : middle - size,
      Math.max(1, right - left - 1),
      Math.max(1, size),
    );
    const words = `${difference < 0 ? '−' : '+'}${ms(Math.abs(difference))}`;
    if (Math.min(width, right) - Math.max(0, left) > 70) {
      context.fillStyle = theme.ink;
      context.fillText(
        place === upper.layers.length - 1 ? names.drained(words) : words,
        Math.max(2, left + 4),
        difference < 0 ? row.y + row.height / 4 : middle + row.height / 4,
      );
    }
  }
}

/** How much of a run's colour lies over the time that it saved. */
const SAVED = 0.14;

/** Where layers are aligned, the quicker run is not idle at the end of a layer: it is through, and says by how much. */
function drawSooner(
  context: CanvasRenderingContext2D,
  { layout, tracks, differences, names }: Scene,
  view: AxisRange,
  width: number,
  theme: Theme,
): void {
  const scale = width / (view.to - view.from);
  for (const [index, { layers }] of tracks.slice(0, 2).entries()) {
    const lanes = layout.rows.flatMap((row) => (row.kind === 'rank' && row.track === index ? row.lanes[0]! : []));
    for (const { ms: pair, ...of } of differences) {
      const own = pair[index]!;
      const at = layers.findIndex((each) => isSameLayer(each, of));
      const next = layers[at + 1];
      // Aligned by time the next layer begins at once; the last layer has no next.
      if (!next || next.at - layers[at]!.at - own < 1e-6 || next.at < view.from || layers[at]!.at > view.to) continue;
      const left = (layers[at]!.at + own - view.from) * scale;
      const right = (next.at - view.from) * scale;
      context.fillStyle = theme.pair[index]!;
      context.globalAlpha = SAVED;
      for (const { y, height } of lanes) context.fillRect(left, y, right - left, height);
      context.globalAlpha = 1;
      const words = names.sooner(next.at - layers[at]!.at - own);
      const [first] = lanes;
      if (!first || context.measureText(words).width > right - left - 10) continue;
      context.textAlign = 'center';
      context.fillText(words, (left + right) / 2, first.y + first.height / 2 + 0.5);
      context.textAlign = 'left';
    }
  }
}

/** Items of a lane in view that are at least so wide, in CSS pixels. */
function* wide(
  lane: Lane,
  view: AxisRange,
  width: number,
  least: number,
): Generator<{ left: number; right: number; i: number }> {
  const scale = width / (view.to - view.from);
  for (let i = firstAfter(lane, view.from); i < lane.count && lane.start[i]! < view.to; i++) {
    const end = lane.end[i]!;
    if ((end - lane.start[i]!) * scale < least || end <= view.from) continue;
    yield {
      left: Math.max(0, (lane.start[i]! - view.from) * scale),
      right: Math.min(width, (end - view.from) * scale),
      i,
    };
  }
}

function drawHatches(
  context: CanvasRenderingContext2D,
  track: Prepared,
  row: Extract<Row, { kind: 'rank' }>,
  lanes: RankLanes,
  view: AxisRange,
  width: number,
  theme: Theme,
): void {
  const paths = new Map<string, Path2D>();
  const add = (hatch: string, left: number, top: number, right: number, height: number) => {
    const path = paths.get(hatch) ?? new Path2D();
    path.rect(left, top, right - left, height);
    paths.set(hatch, path);
  };
  for (const { name, y, height } of row.lanes) {
    if (name === 'compute') {
      for (const { left, right, i } of wide(lanes.gaps, view, width, 4))
        add(colourOfGap(track.gaps[lanes.gaps.item[i]!]!), left, y, right, height);
    } else if (name !== 'host')
      for (const { left, right, i } of wide(lanes[name], view, width, 5)) {
        const hatch = hatchOf(track.track.spans[lanes[name].item[i]!]!.block);
        if (hatch) add(hatch, left, y, right, height);
      }
  }
  for (const [hatch, path] of paths) {
    context.fillStyle = theme.hatches.get(hatch)!;
    context.fill(path);
  }
}

const LABELLED_FROM = 34;

function drawLabels(
  context: CanvasRenderingContext2D,
  { names }: Scene,
  track: Prepared,
  row: Extract<Row, { kind: 'rank' }>,
  { compute }: RankLanes,
  view: AxisRange,
  width: number,
): void {
  const lane = row.lanes.find(({ name }) => name === 'compute')!;
  const character = context.measureText('experts down').width / 12;
  for (const { left, right, i } of wide(compute, view, width, LABELLED_FROM)) {
    const item = compute.item[i]!;
    const name = names.blocks(item, track);
    const room = right - left - 8;
    const fits = Math.floor(room / character);
    if (fits < 4) continue;
    const label = context.measureText(name).width <= room ? name : `${name.slice(0, fits - 1)}…`;
    context.fillStyle = inkOn(lookOf(track.track.spans[item]!.block).colour);
    context.fillText(label, left + 4, lane.y + lane.height / 2 + 0.5);
  }
}

/** Waiting says what for and how long, or as much of that as there is room for. */
function drawWaits(
  context: CanvasRenderingContext2D,
  { names }: Scene,
  track: Prepared,
  row: Extract<Row, { kind: 'rank' }>,
  { gaps }: RankLanes,
  view: AxisRange,
  width: number,
  theme: Theme,
): void {
  const lane = row.lanes.find(({ name }) => name === 'compute')!;
  for (const { left, right, i } of wide(gaps, view, width, LABELLED_FROM)) {
    context.fillStyle = track.gaps[gaps.item[i]!]!.exposed ? theme.onWaiting : theme.ink;
    const room = right - left - 6;
    const label = names.waits(gaps.item[i]!, track)?.find((each) => context.measureText(each).width <= room);
    if (!label) continue;
    context.fillText(label, left + 3, lane.y + lane.height / 2 + 0.5);
  }
}

/** Letters that would lie on one another are left out. */
const MARK_APART = 13;
const CROWDED = 24;

function drawMarks(
  context: CanvasRenderingContext2D,
  layout: Layout,
  row: Extract<Row, { kind: 'rank' }>,
  { marks }: RankLanes,
  x: (at: number) => number,
  width: number,
  theme: Theme,
): void {
  const lane = row.lanes.find(({ name }) => name === 'send')!;
  const shown = marks.filter(({ at }) => x(at) >= 0 && x(at) <= width);
  // A crowd of letters says nothing: they appear once there is room for most.
  if (shown.length === 0 || shown.length * CROWDED > width) return;
  context.font = `600 ${fontOf(layout)}`;
  let last = Number.NEGATIVE_INFINITY;
  for (const { letter, at } of shown) {
    const left = x(at);
    context.fillStyle = theme.ink;
    context.fillRect(Math.round(left), row.y, 1, lane.y - row.y);
    if (left - last < MARK_APART) continue;
    last = left;
    context.lineWidth = 3;
    context.strokeStyle = theme.panel;
    context.strokeText(letter, left + 2, lane.y + lane.height / 2);
    context.fillText(letter, left + 2, lane.y + lane.height / 2);
  }
  context.font = fontOf(layout);
}
