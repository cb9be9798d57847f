import { scaleLinear } from 'd3-scale';
import type { AxisRange, Scene } from '../lanes/draw';
import { COLOURS, firstAfter, type Lane, type Prepared } from '../lanes/lanes';
import { layOut, type Row, TEXT } from '../lanes/layout';
import { inkOn, lookOf } from '../parts/palette';
import { ms } from '../text/format';

/** What a picture says beside the lanes; `legend`: names of the colours that are drawn. */
export type PictureWords = {
  readonly headline: string;
  readonly provenance: string;
  readonly titles: readonly string[];
  readonly device: (rank: number) => string;
  readonly node: (node: number) => string;
  readonly difference: string;
  /** Beside the axis; null where it needs no words. */
  readonly axis: string | null;
  readonly legend: readonly (readonly [colour: string, name: string])[];
};

/** In light colours, as for paper, whatever the page has. */
const PAPER = { ink: '#1c2024', faint: '#5a626b', line: '#d9dcdf', panel: '#ffffff', pair: ['#59616b', '#7a2fb5'] };
const FILLS: Readonly<Record<string, string>> = {
  exposed: '#d7263d',
  idle: '#eceeef',
  copy: '#a5a7aa',
  window: '#dce8f0',
  host: '#1c2024',
  uncertain: '#b7bcc2',
};
const fillOf = (colour: string): string => FILLS[colour] ?? lookOf(colour).colour;

const GUTTER = 136;
const HEAD = 62;
const MARGIN = 16;
/** Of most characters, in the size of the text. */
const CHARACTER = 0.56;
/** What would be narrower than this, CSS pixels, is drawn with what is before it. */
const NARROW = 0.25;

/** The lanes in view as one picture, `width` CSS pixels wide, that needs nothing beside it: SVG 1.1. */
export function timelineSvg(
  { tracks, names, differences, showsWindows }: Omit<Scene, 'layout' | 'dimmed'>,
  collapsed: ReadonlySet<number>,
  view: AxisRange,
  words: PictureWords,
  width = 1280,
): string {
  const layout = layOut(tracks, collapsed, differences.length > 0);
  const plot = width - GUTTER - 2 * MARGIN;
  const x = scaleLinear([view.from, view.to], [0, plot]).clamp(true);
  const lanes = layout.rows.map((row) => {
    switch (row.kind) {
      case 'axis':
        return axisOf(x, row, layout.height) + text(-GUTTER, 9, words.axis ?? '', `fill="${PAPER.faint}"`);
      case 'title':
        return [
          rect(-GUTTER, row.y + 5, 5, 14, PAPER.pair[row.track] ?? PAPER.ink),
          text(-GUTTER + 12, row.y + row.height / 2, words.titles[row.track] ?? '', 'font-weight="700"'),
        ].join('');
      case 'layers':
        return layersOf(tracks[row.track]!, names, x, row, view);
      case 'node':
        return text(-GUTTER, row.y + 10, words.node(row.node), 'font-weight="600"');
      case 'difference':
        return differencesOf(tracks[0], differences, words.difference, x, row, view);
      case 'rank':
        return rankOf(tracks[row.track]!, row, words, names, x, view, showsWindows);
    }
    return '';
  });
  const large = Math.min(20, (width - 2 * MARGIN) / (1.1 * widthOf(words.headline)));
  const [legend, below] = legendOf(words.legend, width - 2 * MARGIN);
  const height = HEAD + layout.height + below + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="system-ui, sans-serif" font-size="${TEXT}" fill="${PAPER.ink}">`,
    `<title>${escaped(words.headline)}</title>${hatches()}`,
    rect(0, 0, width, height, PAPER.panel),
    text(MARGIN, MARGIN + 12, words.headline, `font-size="${large}" font-weight="600"`),
    text(MARGIN, MARGIN + 36, words.provenance, `fill="${PAPER.faint}"`),
    `<g transform="translate(${MARGIN + GUTTER} ${HEAD})">${lanes.join('')}</g>`,
    `<g transform="translate(${MARGIN} ${HEAD + layout.height + MARGIN})">${legend}</g></svg>`,
  ].join('');
}

type Scale = (at: number) => number;

const n = (value: number): string => String(Math.round(value * 100) / 100);
const rect = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${fill}"/>`;
const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${n(x)}" y="${n(y)}" dominant-baseline="central" ${more}>${escaped(words)}</text>`;
const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const hatches = (): string => {
  const hatch = (id: string, path: string, stroke: string) =>
    `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse"><path d="${path}" stroke="${stroke}"/></pattern>`;
  return `<defs>${[
    hatch('up', 'M0 6 6 0', '#1a1a1a'),
    hatch('down', 'M0 0 6 6', '#1a1a1a'),
    hatch('exposed', 'M0 0 6 6M0 6 6 0', 'rgba(255,255,255,.34)'),
  ].join('')}</defs>`;
};
const hatchOf = (colour: string): string | undefined => (colour === 'exposed' ? 'exposed' : lookOf(colour).hatch);

const fits = (words: string, room: number): boolean => widthOf(words) * TEXT <= room;

/** Of words, in the size of their text; ideographs are as wide as high. */
const widthOf = (words: string): number =>
  [...words].reduce((sum, character) => sum + (character > '\u2e7f' ? 1 : CHARACTER), 0);

function axisOf(x: ReturnType<typeof scaleLinear<number, number>>, { height }: Row, bottom: number): string {
  const count = 10;
  const format = x.tickFormat(count);
  return x
    .ticks(count)
    .map((tick) => {
      const at = n(x(tick));
      const line = `<path d="M${at} ${height - 4}V${n(bottom)}" stroke="${PAPER.line}"/>`;
      return line + text(x(tick), 9, `${format(tick)} ms`, `text-anchor="middle" fill="${PAPER.faint}"`);
    })
    .join('');
}

function layersOf(
  { layers, steps, end }: Prepared,
  names: Scene['names'],
  x: Scale,
  row: Row,
  view: AxisRange,
): string {
  const sections = steps.length > 0 ? steps : layers;
  return sections
    .map((section, i) => {
      const to = sections[i + 1]?.at ?? end;
      if (to <= view.from || section.at >= view.to) return '';
      const name = 'step' in section ? names.step(section.step) : names.layer(section);
      const [left, right] = [x(section.at), x(to)];
      const band = i % 2 === 1 ? rect(left, row.y, right - left, row.height, '#eceeef') : '';
      const middle = row.y + row.height / 2;
      return band + (fits(name, right - left - 6) ? text(left + 4, middle, name, `fill="${PAPER.faint}"`) : '');
    })
    .join('');
}

function differencesOf(
  upper: Prepared | undefined,
  differences: Scene['differences'],
  label: string,
  x: Scale,
  row: Row,
  view: AxisRange,
): string {
  if (!upper) return '';
  const middle = row.y + row.height / 2;
  const own = differences.map(({ layer, ms: [a, b] }) => {
    const i = upper.layers.findIndex((each) => each.layer === layer);
    const [at, to] = [upper.layers[i]?.at ?? 0, upper.layers[i + 1]?.at ?? upper.end];
    const said = `${b < a ? '−' : '+'}${ms(Math.abs(b - a))}`;
    if (to <= view.from || at >= view.to || !fits(said, x(to) - x(at) - 6)) return '';
    return text(x(at) + 4, middle, said, `fill="${b < a ? PAPER.pair[1] : PAPER.faint}"`);
  });
  return text(-GUTTER + 12, middle, label, `fill="${PAPER.faint}"`) + own.join('');
}

function rankOf(
  track: Prepared,
  row: Extract<Row, { kind: 'rank' }>,
  words: PictureWords,
  names: Scene['names'],
  x: Scale,
  view: AxisRange,
  showsWindows: boolean,
): string {
  const lanes = track.ranks[row.rank]!;
  const last = row.lanes.at(-1)!;
  const parts = [text(-GUTTER + 12, row.lanes[0]!.y + row.lanes[0]!.height / 2, words.device(row.rank))];
  if (showsWindows) parts.push(itemsOf(lanes.windows, x, view, row.y, last.y + last.height - row.y));
  for (const { name, y, height } of row.lanes) {
    if (name === 'compute') parts.push(itemsOf(lanes.gaps, x, view, y, height));
    // Collectives lie faintly behind their messages.
    if (name === 'send' || name === 'receive')
      parts.push(`<g opacity="0.3">${itemsOf(lanes.collectives, x, view, y, height)}</g>`);
    parts.push(itemsOf(lanes[name], x, view, y, height));
  }
  if (!row.collapsed) {
    const { y, height } = row.lanes[0]!;
    for (const [left, right, i] of inView(lanes.compute, x, view)) {
      const span = track.track.spans[lanes.compute.item[i]!]!;
      const ink = inkOn(lookOf(span.block).colour);
      if (fits(span.name, right - left - 6)) parts.push(text(left + 4, y + height / 2, span.name, `fill="${ink}"`));
    }
    for (const [left, right, i] of inView(lanes.gaps, x, view)) {
      const said = names.waits(lanes.gaps.item[i]!, track)?.find((each) => fits(each, right - left - 6));
      const ink = track.gaps[lanes.gaps.item[i]!]!.exposed ? '#ffffff' : PAPER.ink;
      if (said) parts.push(text(left + 3, y + height / 2, said, `fill="${ink}"`));
    }
  }
  return parts.join('');
}

/** Left and right edges, CSS pixels, of what of a lane is in view. */
function* inView(lane: Lane, x: Scale, view: AxisRange): Generator<readonly [number, number, number]> {
  for (let i = firstAfter(lane, view.from); i < lane.count && lane.start[i]! < view.to; i++)
    if (lane.end[i]! > view.from) yield [x(lane.start[i]!), x(lane.end[i]!), i];
}

/** A bar for each item; what would be a hair's breadth more is drawn with the bar before it. */
function itemsOf(lane: Lane, x: Scale, view: AxisRange, y: number, height: number): string {
  const bars: { left: number; right: number; colour: string }[] = [];
  for (const [left, right, i] of inView(lane, x, view)) {
    const colour = COLOURS[lane.colour[i]!]!;
    const before = bars.at(-1);
    if (before && right - before.right < NARROW) before.right = Math.max(before.right, right);
    else bars.push({ left, right, colour });
  }
  return bars
    .map(({ left, right, colour }) => {
      const hatch = right - left >= 4 ? hatchOf(colour) : undefined;
      const bar = rect(left, y, Math.max(0.1, right - left), height, fillOf(colour));
      return hatch ? bar + rect(left, y, right - left, height, `url(#${hatch})`) : bar;
    })
    .join('');
}

/** Swatches in as many lines as they need, and how high those are. */
function legendOf(legend: PictureWords['legend'], width: number): readonly [string, number] {
  let [left, top] = [0, 0];
  const items = legend.map(([colour, name]) => {
    const room = 40 + widthOf(name) * TEXT;
    if (left + room > width) [left, top] = [0, top + 20];
    const hatch = hatchOf(colour);
    const item =
      rect(left, top, 16, 13, fillOf(colour)) +
      (hatch ? rect(left, top, 16, 13, `url(#${hatch})`) : '') +
      text(left + 22, top + 7, name);
    left += room;
    return item;
  });
  return [items.join(''), top + 20];
}
