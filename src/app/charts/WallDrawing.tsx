import { Bar, ComposedChart, ErrorBar, Line, Tooltip, XAxis, YAxis } from 'recharts';
import { useText } from '../state/language';
import { AXIS, below, CHART, MARGIN, rounded, TOOLTIP } from './axes';
import { BarSwatch, ChartKey, keyHeight } from './ChartKey';
import type { ChartData, Row } from './chart_data';
import { styleOf } from './series';

const BAR = 18;
/** How far an interval reaches to either side; none of too few runs. */
const interval = ({ median, low, high }: Row) =>
  low === null ? undefined : [Number(median) - Number(low), Number(high) - Number(median)];

/** Bars with intervals, and a mark for what no schedule beats. */
export function WallDrawing({ data, width }: { data: ChartData; width: number }) {
  const t = useText();
  const { colour } = styleOf(0);
  const key = [
    { label: data.file === 'wall-time' ? t.results.wallOfStep : t.results.wall, swatch: <BarSwatch fill={colour} /> },
    { label: t.charts.bound, swatch: <Mark x={12} y={6} height={12} /> },
  ];
  const top = keyHeight(key, width);
  return (
    <ComposedChart
      {...CHART}
      layout="vertical"
      width={width}
      height={top + 34 * data.rows.length + 48}
      data={data.rows as Row[]}
      margin={{ ...MARGIN, top }}
    >
      <ChartKey entries={key} width={width} />
      <XAxis {...AXIS} type="number" label={below(t.charts.ms)} />
      <YAxis {...AXIS} type="category" dataKey="run" width={Math.min(170, width * 0.4)} />
      <Tooltip {...TOOLTIP} formatter={(value) => rounded(Number(value))} />
      <Bar
        dataKey="median"
        name={t.charts.inUnit(t.charts.median, t.charts.ms)}
        fill={colour}
        barSize={BAR}
        isAnimationActive={false}
      >
        <ErrorBar dataKey={interval} stroke="currentColor" isAnimationActive={false} />
      </Bar>
      <Line
        dataKey="bound"
        name={t.charts.inUnit(t.charts.bound, t.charts.ms)}
        stroke="none"
        activeDot={false}
        isAnimationActive={false}
        dot={({ key, cx, cy }) => <Mark key={key} x={cx ?? 0} y={cy ?? 0} height={BAR + 8} />}
      />
    </ComposedChart>
  );
}

/** With an edge in the ground's colour, so that it is seen on a bar as well. */
const Mark = ({ x, y, height }: { x: number; y: number; height: number }) => (
  <g transform={`translate(${x} ${y})`}>
    <line y1={-height / 2} y2={height / 2} stroke="var(--panel)" strokeWidth={6} />
    <line y1={-height / 2} y2={height / 2} stroke="currentColor" strokeWidth={2.5} strokeDasharray="3 2" />
  </g>
);
