import { disturbedBy } from '../../lab/experiments/disturbed';
import type { SweepResult } from '../../lab/experiments/sweep_result';
import type { Manifest } from '../../lab/setup/manifest';
import { useText } from '../state/language';

/** Says what disturbed a measurement, where something did. */
export function Disturbed({ manifest }: { manifest: Manifest }) {
  const t = useText();
  return <Sentences all={manifest.disturbances.map((own) => t.say(disturbedBy(own)))} />;
}

/** The same of all points of a sweep, whose numbers are folded away. */
export function DisturbedPoints({ sweep: { over, points } }: { sweep: SweepResult }) {
  const t = useText();
  const all = points.flatMap(({ value, measurement }) =>
    measurement.manifest.disturbances.map((own) => {
      const point = t.tracks.point(t.form.sweeps[over], value);
      return `${point}${t.join.colon}${t.say(disturbedBy(own))}`;
    }),
  );
  return <Sentences all={all} />;
}

function Sentences({ all }: { all: readonly string[] }) {
  const { results } = useText();
  if (all.length === 0) return null;
  return (
    <div className="notice disturbed">
      <span>{results.disturbed}</span>
      <ul>
        {all.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}
