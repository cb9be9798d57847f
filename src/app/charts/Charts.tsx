import { memo, useId, useMemo } from 'react';
import type { LabRun, Track } from '../../lab/lab_run';
import type { Measurement } from '../../lab/measure';
import type { Text } from '../text/en';
import { useText } from '../text/useText';
import { ChartFrame } from './ChartFrame';
import {
  betweenTokensData,
  type ChartData,
  hiddenPerLayerData,
  type LayersData,
  type LinesData,
  routedLayers,
  sweepData,
  wallData,
} from './chart_data';
import { LayersDrawing } from './LayersDrawing';
import { LinesDrawing } from './LinesDrawing';
import { RoutingChart } from './RoutingChart';
import { WallDrawing } from './WallDrawing';
import './charts.css';

/** The charts that fit a run, and the tracks that are on show. */
export default function Charts({ run, shown }: { run: LabRun; shown: readonly Track[] }) {
  const t = useText();
  const heading = useId();
  const [first, second] = shown;
  const { wall, lines, routed } = useMemo(() => chartsOf(t, run), [t, run]);
  const layers = useMemo(
    () =>
      run.kind === 'measurement'
        ? hiddenPerLayerData(
            t,
            [first, second].filter((track) => track !== undefined),
          )
        : null,
    [t, run, first, second],
  );
  if (!wall && !layers && !routed && lines.length === 0) return null;
  return (
    <section className="charts" aria-labelledby={heading}>
      <h2 id={heading}>{t.charts.heading}</h2>
      {wall && <Wall data={wall} />}
      {layers && <Layers data={layers} />}
      {routed && <RoutingChart measurement={routed} />}
      {lines.map((data) => (
        <Lines key={data.of} data={data} />
      ))}
    </section>
  );
}

/** What is drawn of the run whatever is on show. */
function chartsOf(t: Text, run: LabRun): { wall: ChartData | null; lines: LinesData[]; routed: Measurement | null } {
  const none = { wall: null, lines: [], routed: null };
  switch (run.kind) {
    case 'measurement': {
      const { measurement } = run;
      return {
        ...none,
        wall: measurement.results.length > 1 ? wallData(t, measurement) : null,
        routed: routedLayers(measurement).length > 0 ? measurement : null,
      };
    }
    case 'sweep':
      return { ...none, lines: (['speedup', 'hidden', 'wall'] as const).flatMap((of) => sweepData(t, run, of) ?? []) };
    case 'generation':
      return { ...none, lines: [betweenTokensData(t, run.generation)].filter((data) => data !== null) };
    case 'trace':
      return none;
  }
}

// The page is drawn anew at each event of a run: the charts only where their numbers are other ones.
const Wall = memo(({ data }: { data: ChartData }) => <ChartFrame data={data} drawing={WallDrawing} />);
const Layers = memo(({ data }: { data: LayersData }) => <ChartFrame data={data} drawing={LayersDrawing} />);
const Lines = memo(({ data }: { data: LinesData }) => <ChartFrame data={data} drawing={LinesDrawing} />);
