import { useId } from 'react';
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from 'recharts';
import { useText } from '../state/language';
import { AXIS, below, beside, CHART, GRID, MARGIN, rounded, TOOLTIP } from './axes';
import { BarSwatch, ChartKey, keyHeight } from './ChartKey';
import type { LayersData, Row } from './chart_data';
import { styleOf } from './series';

/** Stacks of hidden and exposed, the runs beside each other. */
export function LayersDrawing({ data, width }: { data: LayersData; width: number }) {
  const t = useText();
  const id = useId();
  const stacks = data.series.map((title, i) => ({
    i,
    colour: styleOf(i).colour,
    hatch: `hatch${id}${i}`,
    hidden: t.charts.ofRun(title, t.charts.hidden),
    exposed: t.charts.ofRun(title, t.charts.exposed),
  }));
  const key = stacks.flatMap(({ colour, hatch, hidden, exposed }) => [
    { label: hidden, swatch: <BarSwatch fill={colour} /> },
    { label: exposed, swatch: <BarSwatch fill={`url(#${hatch})`} stroke={colour} /> },
  ]);
  const top = keyHeight(key, width);
  return (
    <BarChart
      {...CHART}
      width={width}
      height={top + 230}
      data={data.rows as Row[]}
      margin={{ ...MARGIN, top }}
      barGap={0}
      barCategoryGap="18%"
    >
      <defs>
        {stacks.map(({ colour, hatch, i }) => (
          <Hatch key={hatch} id={hatch} colour={colour} falling={i % 2 === 1} />
        ))}
      </defs>
      <ChartKey entries={key} width={width} />
      <CartesianGrid {...GRID} vertical={false} />
      <XAxis {...AXIS} dataKey="layer" interval="equidistantPreserveStart" label={below(t.charts.layer)} />
      <YAxis {...AXIS} width={58} label={beside(t.charts.ms)} />
      <Tooltip
        {...TOOLTIP}
        formatter={(value) => rounded(Number(value))}
        labelFormatter={(layer) => `${t.charts.layer} ${layer}`}
      />
      {stacks.flatMap(({ i, colour, hatch, hidden, exposed }) => [
        <Bar
          key={`hidden${i}`}
          stackId={i}
          dataKey={`hidden${i}`}
          name={hidden}
          fill={colour}
          isAnimationActive={false}
        />,
        <Bar
          key={`exposed${i}`}
          stackId={i}
          dataKey={`exposed${i}`}
          name={exposed}
          fill={`url(#${hatch})`}
          stroke={colour}
          isAnimationActive={false}
        />,
      ])}
    </BarChart>
  );
}

const Hatch = ({ id, colour, falling }: { id: string; colour: string; falling: boolean }) => (
  <pattern
    id={id}
    width="5"
    height="5"
    patternUnits="userSpaceOnUse"
    patternTransform={`rotate(${falling ? -45 : 45})`}
  >
    <rect width="5" height="5" fill={colour} fillOpacity={0.15} />
    <line y2="5" stroke={colour} strokeWidth={2.5} />
  </pattern>
);
