import { useMemo } from 'react';
import { CartesianGrid, ErrorBar, Line, LineChart, Symbols, Tooltip, XAxis, YAxis } from 'recharts';
import { useText } from '../state/language';
import { percent } from '../text/format';
import { AXIS, below, beside, CHART, GRID, MARGIN, rounded, TOOLTIP } from './axes';
import { ChartKey, keyHeight, LineSwatch } from './ChartKey';
import type { Cell, LinesData } from './chart_data';
import { styleOf } from './series';

/** More markers than that on a line hide it. */
const MOST_MARKERS = 32;

/** A line a combination, with the intervals that there are. */
export function LinesDrawing({ data, width }: { data: LinesData; width: number }) {
  const t = useText();
  const { of, rows, series, x } = data;
  const points = useMemo(() => rows.map((row) => ({ ...row, ...intervalsOf(row, series.length) })), [rows, series]);
  const key = series.map((label, i) => {
    const { colour, dash, symbol } = styleOf(i);
    return { label, swatch: <LineSwatch stroke={colour} dash={dash} symbol={symbol} /> };
  });
  const top = keyHeight(key, width);
  const values = rows.map((row) => Number(row[x.key]));
  const ends: [number, number] = [Math.min(...values), Math.max(...values)];
  const { label, domain, written } = {
    wall: { label: t.charts.ms, domain: undefined, written: rounded },
    between: { label: t.charts.ms, domain: undefined, written: rounded },
    // No bar begins at 0, and what matters is which side of 1 they are.
    speedup: {
      label: t.charts.speedup,
      domain: ['auto', 'auto'] as const,
      written: (value: number) => `${rounded(value)}×`,
    },
    hidden: { label: t.charts.hidden, domain: [0, 1] as const, written: percent },
    paid: { label: t.charts.paid, domain: [0, 'auto'] as const, written: percent },
  }[of];
  const every = Math.ceil(rows.length / MOST_MARKERS);
  return (
    <LineChart {...CHART} width={width} height={top + 240} data={points} margin={{ ...MARGIN, top }}>
      <ChartKey entries={key} width={width} />
      <CartesianGrid {...GRID} vertical={false} />
      <XAxis
        {...AXIS}
        type="number"
        dataKey={x.key}
        domain={ends}
        label={below(x.label)}
        padding={{ left: 14, right: 14 }}
        // A sweep's values are mostly so many times the one before.
        {...(of === 'between' ? { allowDecimals: false } : { scale: 'log' as const, ticks: values })}
      />
      <YAxis
        {...AXIS}
        width={64}
        label={beside(label)}
        tickFormatter={of === 'hidden' || of === 'paid' ? wholePercent : written}
        {...(domain && { domain })}
      />
      <Tooltip
        {...TOOLTIP}
        formatter={(value) => written(Number(value))}
        labelFormatter={(value) => `${x.label} ${value}`}
      />
      {series.map((name, i) => {
        const { colour, dash, symbol } = styleOf(i);
        return (
          <Line
            key={name}
            dataKey={`median${i}`}
            name={name}
            stroke={colour}
            strokeWidth={2}
            strokeDasharray={dash}
            activeDot={false}
            isAnimationActive={false}
            dot={({ key, cx, cy, index }) =>
              index % every === 0 && typeof cy === 'number' ? (
                <Symbols key={key} type={symbol} cx={cx ?? 0} cy={cy} size={46} fill={colour} />
              ) : (
                <g key={key} />
              )
            }
          >
            {of !== 'between' && <ErrorBar dataKey={`interval${i}`} stroke={colour} isAnimationActive={false} />}
          </Line>
        );
      })}
    </LineChart>
  );
}

const wholePercent = (share: number) => `${Math.round(100 * share)} %`;

function intervalsOf(row: Readonly<Record<string, Cell>>, series: number): Record<string, [number, number]> {
  return Object.fromEntries(
    Array.from({ length: series }, (_, i) => [row[`median${i}`], row[`low${i}`], row[`high${i}`]] as const).flatMap(
      ([median, low, high], i) =>
        typeof median === 'number' && typeof low === 'number' && typeof high === 'number'
          ? [[`interval${i}`, [median - low, high - median]]]
          : [],
    ),
  );
}
