import { type ReactElement, useId, useMemo } from 'react';
import type { Track } from '../../lab/experiments/track';
import type { LabRun } from '../../lab/runs/lab_run';
import { useText } from '../state/language';
import type { Text } from '../text/en';
import { ChartFrame } from './ChartFrame';
import { betweenTokensData, hiddenPerLayerData, routedLayers, SWEPT_NUMBERS, sweepData, wallData } from './chart_data';
import { LayersDrawing } from './LayersDrawing';
import { LinesDrawing } from './LinesDrawing';
import { RoutingChart } from './RoutingChart';
import { WallDrawing } from './WallDrawing';
import './charts.css';

/** Draws what it says of a run and of the tracks on show; nothing where it says nothing. */
type Chart = (t: Text, run: LabRun, shown: readonly Track[]) => readonly ReactElement[];

const wall: Chart = (t, run) =>
  run.kind === 'measurement' && run.result.results.length > 1
    ? [<ChartFrame key="wall" data={wallData(t, run.result)} drawing={WallDrawing} />]
    : [];

const hiddenPerLayer: Chart = (t, run, shown) => {
  const data = run.kind === 'measurement' ? hiddenPerLayerData(t, shown) : null;
  return data ? [<ChartFrame key="layers" data={data} drawing={LayersDrawing} />] : [];
};

const routing: Chart = (_, run) =>
  run.kind === 'measurement' && routedLayers(run.result).length > 0
    ? [<RoutingChart key="routing" measurement={run.result} />]
    : [];

const sweeps: Chart = (t, run) =>
  run.kind === 'sweep'
    ? SWEPT_NUMBERS.flatMap((of) => {
        const data = sweepData(t, run.result, of);
        return data ? [<ChartFrame key={data.of} data={data} drawing={LinesDrawing} />] : [];
      })
    : [];

const betweenTokens: Chart = (t, run) => {
  const data = run.kind === 'generation' ? betweenTokensData(t, run.result) : null;
  return data ? [<ChartFrame key={data.of} data={data} drawing={LinesDrawing} />] : [];
};

/** All charts, in order. To add one, add its numbers (chart_data.ts), its drawing, and its line here. */
const CHARTS: readonly Chart[] = [wall, hiddenPerLayer, routing, sweeps, betweenTokens];

/** The charts that fit a run, and the tracks that are on show. */
export default function Charts({ run, shown }: { run: LabRun; shown: readonly Track[] }) {
  const t = useText();
  const heading = useId();
  // The page is drawn anew at each event of a run: the charts only where their numbers are other ones.
  const drawn = useMemo(() => CHARTS.flatMap((chart) => chart(t, run, shown)), [t, run, shown]);
  if (drawn.length === 0) return null;
  return (
    <section className="charts" aria-labelledby={heading}>
      <h2 id={heading}>{t.charts.heading}</h2>
      {drawn}
    </section>
  );
}
