import { lookOf } from '../parts/palette';
import { COLOURS } from './lanes';
import type { Rgba } from './raster';

/** Colours and patterns that the canvas draws with, from the page's own style as it is now. */
export type Theme = {
  readonly ink: string;
  readonly faint: string;
  readonly panel: string;
  readonly line: string;
  readonly accent: string;
  /** Of waiting. */
  readonly exposed: string;
  /** What is written on waiting. */
  readonly onWaiting: string;
  /** Of the two runs on show. */
  readonly pair: readonly [string, string];
  readonly colours: readonly Rgba[];
  readonly hatches: ReadonlyMap<string, CanvasPattern>;
};

export function themeOf(element: Element, context: CanvasRenderingContext2D, ratio: number): Theme {
  const style = getComputedStyle(element);
  const variable = (name: string) => {
    // light-dark() is resolved by a property that takes colours.
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const probe = document.createElement('i');
  element.append(probe);
  const [ink, faint, panel, line, accent] = [
    style.color,
    variable('--faint'),
    variable('--panel'),
    variable('--line'),
    variable('--accent'),
  ] as const;
  const theme = {
    ink,
    faint,
    panel,
    line,
    accent,
    exposed: variable('--exposed'),
    onWaiting: variable('--on-exposed'),
    pair: [variable('--first'), variable('--second')] as const,
    colours: COLOURS.map((colour): Rgba => {
      switch (colour) {
        case 'exposed':
          return rgba(variable('--exposed'), 1);
        case 'idle':
          return rgba(faint, 0.12);
        case 'copy':
          return rgba(ink, 0.35);
        case 'window':
          return rgba(accent, 0.13);
        case 'host':
          return rgba(ink, 0.9);
        case 'uncertain':
          return rgba(faint, 0.5);
        default:
          return rgba(lookOf(colour).colour, 1);
      }
    }),
    hatches: new Map<string, CanvasPattern>([
      ['up', hatch(context, ratio, '#1a1a1a', [[0, 6, 6, 0]])],
      ['down', hatch(context, ratio, '#1a1a1a', [[0, 0, 6, 6]])],
      [
        'exposed',
        hatch(context, ratio, variable('--exposed-hatch'), [
          [0, 0, 6, 6],
          [0, 6, 6, 0],
        ]),
      ],
      ['copy', hatch(context, ratio, ink, [[3, 0, 3, 6]])],
      ['idle', hatch(context, ratio, faint, [[0, 3, 1.5, 3]])],
    ]),
  };
  probe.remove();
  return theme;
}

export const hatchOf = (block: string): string | null => lookOf(block).hatch ?? null;

/** A colour as the browser resolves it, with an opacity of its own. */
function rgba(colour: string, alpha: number): Rgba {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  const [r, g, b] = hex
    ? [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
    : (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  return [r ?? 0, g ?? 0, b ?? 0, alpha];
}

function hatch(
  context: CanvasRenderingContext2D,
  ratio: number,
  colour: string,
  lines: readonly (readonly [number, number, number, number])[],
): CanvasPattern {
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.round(6 * ratio);
  const own = tile.getContext('2d')!;
  own.scale(tile.width / 6, tile.height / 6);
  own.strokeStyle = colour;
  own.lineWidth = 1;
  for (const [x0, y0, x1, y1] of lines) {
    own.beginPath();
    own.moveTo(x0, y0);
    own.lineTo(x1, y1);
    own.stroke();
  }
  const pattern = context.createPattern(tile, 'repeat')!;
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}
