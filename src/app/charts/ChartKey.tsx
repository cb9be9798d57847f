import type { ReactNode } from 'react';
import { Symbols, type SymbolType } from 'recharts';

type KeyEntry = { readonly label: string; readonly swatch: ReactNode };

/** px */
const ROW = 17;
const SWATCH = { width: 24, height: 12 } as const;
const GAP = 18;

const columnWidth = (entries: readonly KeyEntry[]) =>
  SWATCH.width + 6 + Math.max(0, ...entries.map(({ label }) => textWidth(label))) + GAP;
/** At most, of 11 px; Chinese letters are as wide as they are high. */
const textWidth = (text: string) => [...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? 11 : 6.2), 0);
const columnsOf = (entries: readonly KeyEntry[], width: number) =>
  Math.max(1, Math.floor(width / columnWidth(entries)));

export const keyHeight = (entries: readonly KeyEntry[], width: number): number =>
  ROW * Math.ceil(entries.length / columnsOf(entries, width)) + 14;

/** Which mark is of what; within the drawing, so that it is in the saved file, too. */
export function ChartKey({ entries, width }: { entries: readonly KeyEntry[]; width: number }) {
  const columns = columnsOf(entries, width);
  return entries.map(({ label, swatch }, i) => (
    <g
      key={label}
      transform={`translate(${8 + (i % columns) * columnWidth(entries)} ${4 + ROW * Math.floor(i / columns)})`}
    >
      {swatch}
      <text x={SWATCH.width + 6} y={SWATCH.height / 2} dy="0.35em">
        {label}
      </text>
    </g>
  ));
}

export const BarSwatch = ({ fill, stroke }: { fill: string; stroke?: string }) => (
  <rect width={SWATCH.width} height={SWATCH.height} fill={fill} stroke={stroke ?? 'none'} />
);

export const LineSwatch = ({ stroke, dash, symbol }: { stroke: string; dash: string; symbol?: SymbolType }) => (
  <>
    <line
      x2={SWATCH.width}
      y1={SWATCH.height / 2}
      y2={SWATCH.height / 2}
      stroke={stroke}
      strokeWidth={2}
      strokeDasharray={dash}
    />
    {symbol && <Symbols type={symbol} cx={SWATCH.width / 2} cy={SWATCH.height / 2} size={46} fill={stroke} />}
  </>
);
