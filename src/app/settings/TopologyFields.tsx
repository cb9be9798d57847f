import { Nodes, RunSettings, Speed } from '../../lab/experiments/run_settings';
import { NumberField, Switch } from '../parts/fields';
import type { Form } from '../state/form';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';

type Topology = Form['topology'];
const SLOW = Nodes.shape.slow.unwrap().shape;

/** Nodes, what disturbs the links, and how many times slower they are made. */
export function TopologyFields() {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const { edit } = useForm.getState();
  const { topology } = form;
  const change = (part: Partial<Topology>) => edit({ topology: { ...topology, ...part } });
  return (
    <>
      <div className="row">
        <NumberField
          label={words.nodes}
          value={topology.nodes}
          of={Nodes.shape.nodes}
          onChange={(nodes) => change({ nodes })}
        />
        <NumberField
          label={words.jitter}
          value={topology.jitter}
          of={Nodes.shape.jitter}
          onChange={(jitter) => change({ jitter })}
        />
      </div>
      <Switch
        label={words.betweenNodes}
        on={topology.between !== null}
        onChange={(on) => change({ between: on ? { gbps: 2, us: 50 } : null })}
      />
      {topology.between && <BetweenFields between={topology.between} onChange={(between) => change({ between })} />}
      {topology.between && form.link.kind !== 'speed' && <p className="hint">{words.betweenHint}</p>}
      <Switch
        label={words.slowDevice}
        on={topology.slow !== null}
        onChange={(on) => change({ slow: on ? { rank: form.ranks - 1, times: 3 } : null })}
      />
      {topology.slow && <SlowFields slow={topology.slow} ranks={form.ranks} onChange={(slow) => change({ slow })} />}
      <Switch
        label={words.ownDilation}
        on={form.dilate !== null}
        onChange={(on) => edit({ dilate: on ? form.ranks : null })}
      />
      {form.dilate !== null && (
        <NumberField
          label={words.dilation}
          value={form.dilate}
          of={RunSettings.shape.dilate.unwrap()}
          onChange={(dilate) => edit({ dilate })}
        />
      )}
    </>
  );
}

function BetweenFields(props: {
  between: NonNullable<Topology['between']>;
  onChange: (between: NonNullable<Topology['between']>) => void;
}) {
  const { form: words } = useText();
  const { between, onChange } = props;
  return (
    <div className="row">
      <NumberField
        label={words.betweenGbps}
        value={between.gbps}
        of={Speed.shape.gbps}
        onChange={(gbps) => onChange({ ...between, gbps })}
      />
      <NumberField
        label={words.betweenUs}
        value={between.us}
        of={Speed.shape.us}
        onChange={(us) => onChange({ ...between, us })}
      />
    </div>
  );
}

function SlowFields(props: {
  slow: NonNullable<Topology['slow']>;
  ranks: number;
  onChange: (slow: NonNullable<Topology['slow']>) => void;
}) {
  const { form: words } = useText();
  const { slow, ranks, onChange } = props;
  return (
    <div className="row">
      <NumberField
        label={words.slowRank}
        value={slow.rank}
        of={SLOW.rank}
        most={ranks - 1}
        onChange={(rank) => onChange({ ...slow, rank })}
      />
      <NumberField
        label={words.slowTimes}
        value={slow.times}
        of={SLOW.times}
        onChange={(times) => onChange({ ...slow, times })}
      />
    </div>
  );
}
