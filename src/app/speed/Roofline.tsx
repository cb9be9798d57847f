import { CartesianGrid, ComposedChart, Line, Scatter, Tooltip, XAxis, YAxis } from 'recharts';
import type { KernelBench } from '../../lab/experiments/kernel_bench/result';
import { AXIS, below, beside, CHART, GRID, MARGIN, rounded, TOOLTIP } from '../charts/axes';
import { ChartKey, keyHeight, LineSwatch } from '../charts/ChartKey';
import type { styleOf } from '../charts/series';
import { useText } from '../state/language';
import { roofAt, rooflinePoints } from './speed_data';

/** Operations a byte at which a roof is drawn. */
const X = Array.from({ length: 41 }, (_, i) => 10 ** (-1 + i / 10));

type Drawn = { readonly name: string; readonly of: KernelBench; readonly style: ReturnType<typeof styleOf> };

/** Benches, each under its own roof; both axes are logarithmic. */
export function Roofline({ benches, width }: { benches: readonly Drawn[]; width: number }) {
  const { speed } = useText();
  const key = benches.map(({ name, style: { colour, dash, symbol } }) => ({
    label: name,
    swatch: <LineSwatch stroke={colour} dash={dash} symbol={symbol} />,
  }));
  const top = keyHeight(key, width);
  return (
    <ComposedChart {...CHART} width={width} height={top + 320} margin={{ ...MARGIN, top }}>
      <ChartKey entries={key} width={width} />
      <CartesianGrid {...GRID} />
      <XAxis
        {...AXIS}
        type="number"
        dataKey="x"
        scale="log"
        domain={[X[0]!, X.at(-1)!]}
        allowDataOverflow
        ticks={[0.1, 1, 10, 100, 1000]}
        label={below(speed.intensity)}
      />
      <YAxis
        {...AXIS}
        type="number"
        dataKey="y"
        scale="log"
        domain={['auto', 'auto']}
        width={64}
        label={beside('TFLOP/s')}
        tickFormatter={rounded}
      />
      <Tooltip {...TOOLTIP} formatter={(value) => rounded(Number(value))} labelFormatter={() => ''} />
      {benches.map(({ name, of, style }) => (
        <Line
          key={name}
          data={X.map((x) => ({ x, y: roofAt(of, x) }))}
          dataKey="y"
          stroke={style.colour}
          strokeDasharray={style.dash}
          strokeWidth={2}
          dot={false}
          activeDot={false}
          isAnimationActive={false}
          tooltipType="none"
        />
      ))}
      {benches.map(({ name, of, style }) => (
        <Scatter
          key={name}
          data={rooflinePoints(of)}
          dataKey="y"
          fill={style.colour}
          shape={style.symbol}
          isAnimationActive={false}
        />
      ))}
    </ComposedChart>
  );
}
