import { memo, useMemo, useState } from 'react';
import { nameOfMethod } from '../../connectivity/methods';
import type { Measurement } from '../../lab/experiments/measurement/result';
import { useText } from '../state/language';
import { ChartFrame } from './ChartFrame';
import { routedLayers, routingData } from './chart_data';
import { RoutingDrawing } from './RoutingDrawing';

/** Routing load of a layer that is chosen. */
export const RoutingChart = memo(function RoutingChart({ measurement }: { measurement: Measurement }) {
  const t = useText();
  const routed = useMemo(() => routedLayers(measurement), [measurement]);
  const [wanted, want] = useState({ connectivity: '', layer: -1 });
  const own = routed.find(({ connectivity }) => connectivity === wanted.connectivity) ?? routed[0];
  const layer = own?.layers.find((each) => each === wanted.layer) ?? own?.layers[0];
  const data = useMemo(
    () => (own && layer !== undefined ? routingData(t, measurement, own.connectivity, layer) : null),
    [t, measurement, own, layer],
  );
  if (!own || layer === undefined || !data) return null;
  return (
    <ChartFrame data={data} drawing={RoutingDrawing}>
      <div className="choices">
        {routed.length > 1 && (
          <label>
            {t.charts.connectivity}
            <select value={own.connectivity} onChange={({ target }) => want({ connectivity: target.value, layer })}>
              {routed.map(({ connectivity }) => (
                <option key={connectivity} value={connectivity}>
                  {t.say(nameOfMethod(connectivity))}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          {t.charts.layer}
          <select
            value={layer}
            onChange={({ target }) => want({ connectivity: own.connectivity, layer: Number(target.value) })}
          >
            {own.layers.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      </div>
    </ChartFrame>
  );
});
