import { Bar, BarChart, CartesianGrid, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { useText } from '../state/language';
import { AXIS, below, beside, CHART, GRID, MARGIN, TOOLTIP } from './axes';
import { BarSwatch, ChartKey, keyHeight, LineSwatch } from './ChartKey';
import type { RoutingData, Row } from './chart_data';
import { styleOf } from './series';

const EVEN = '6 4';

/** A bar an expert, and a line where all would be if they had the same. */
export function RoutingDrawing({ data, width }: { data: RoutingData; width: number }) {
  const t = useText();
  const { colour } = styleOf(1);
  const key = [
    { label: t.charts.pairs, swatch: <BarSwatch fill={colour} /> },
    { label: t.charts.even, swatch: <LineSwatch stroke="currentColor" dash={EVEN} /> },
  ];
  const top = keyHeight(key, width);
  return (
    <BarChart
      {...CHART}
      width={width}
      height={top + 210}
      data={data.rows as Row[]}
      margin={{ ...MARGIN, top }}
      barCategoryGap="15%"
    >
      <ChartKey entries={key} width={width} />
      <CartesianGrid {...GRID} vertical={false} />
      <XAxis {...AXIS} dataKey="expert" interval="equidistantPreserveStart" label={below(t.charts.expert)} />
      <YAxis {...AXIS} width={58} label={beside(t.charts.pairs)} />
      <Tooltip {...TOOLTIP} labelFormatter={(expert) => `${t.charts.expert} ${expert}`} />
      <Bar dataKey="pairs" name={t.charts.pairs} fill={colour} isAnimationActive={false} />
      <ReferenceLine
        y={data.even}
        stroke="currentColor"
        strokeWidth={1.5}
        strokeDasharray={EVEN}
        ifOverflow="extendDomain"
      />
    </BarChart>
  );
}
