import { Bar, BarChart, ErrorBar, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import type { Estimate } from '../lab/statistics';
import { PALETTE } from './palette';

/** Time to first token of each run, with its interval. The table above it says the same in numbers. */
export default function WallChart({ rows }: { rows: readonly { name: string; wall: Estimate }[] }) {
  const data = rows.map(({ name, wall }) => ({ name, ms: wall.median, interval: [wall.median - wall.low, wall.high - wall.median] }));
  return (
    <div className="chart" aria-hidden="true">
      <ResponsiveContainer width="100%" height={40 + 34 * rows.length}>
        <BarChart data={data} layout="vertical" margin={{ left: 8, right: 24 }}>
          <XAxis type="number" unit=" ms" tickLine={false} stroke="currentColor" />
          <YAxis type="category" dataKey="name" width={130} tickLine={false} stroke="currentColor" />
          <Bar dataKey="ms" fill={PALETTE.attention.colour} isAnimationActive={false} barSize={18}>
            <ErrorBar dataKey="interval" direction="x" stroke="currentColor" />
          </Bar>
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
