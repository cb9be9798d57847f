import { useState } from 'react';
import { MeasureSettings } from '../../lab/experiments/measurement/settings';
import { Nodes, RunSettings, Speed } from '../../lab/experiments/run_settings';
import { SWEEP_SETTINGS, type SweepSetting } from '../../lab/experiments/sweep_settings';
import { Choice, EnumField, NumberField, Switch } from '../parts/fields';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';

const SLOW = Nodes.shape.slow.unwrap().shape;
const SWEPT: Readonly<Record<SweepSetting, readonly number[]>> = {
  ratio: [0.1, 0.25, 0.5, 1, 2],
  ranks: [2, 4, 8],
  tokens: [16, 32, 64, 128],
};

/** Settings that most runs leave as they are: nodes, disturbances, how often, sweeps. */
export function DetailFields({ measuring }: { measuring: boolean }) {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const edit = useForm((state) => state.edit);
  const { topology } = form;
  const change = (part: Partial<typeof topology>) => edit({ topology: { ...topology, ...part } });
  return (
    // A field that is folded away can't say what is wrong with it.
    <details
      onInvalid={(event) => {
        event.currentTarget.open = true;
      }}
    >
      <summary>{words.details}</summary>
      <fieldset aria-label={words.details}>
        {form.parallel === 'tp' && (
          <EnumField
            name="allReduce"
            label={words.allReduce}
            value={form.allReduce}
            of={RunSettings.shape.allReduce}
            words={{ auto: words.auto, direct: words.direct, ring: words.ring }}
            onChange={(allReduce) => edit({ allReduce })}
          />
        )}
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
        {topology.between && (
          <>
            <div className="row">
              <NumberField
                label={words.betweenGbps}
                value={topology.between.gbps}
                of={Speed.shape.gbps}
                onChange={(gbps) => change({ between: { ...topology.between!, gbps } })}
              />
              <NumberField
                label={words.betweenUs}
                value={topology.between.us}
                of={Speed.shape.us}
                onChange={(us) => change({ between: { ...topology.between!, us } })}
              />
            </div>
            {form.link.kind !== 'speed' && <p className="hint">{words.betweenHint}</p>}
          </>
        )}
        <Switch
          label={words.slowDevice}
          on={topology.slow !== null}
          onChange={(on) => change({ slow: on ? { rank: form.ranks - 1, times: 3 } : null })}
        />
        {topology.slow && (
          <div className="row">
            <NumberField
              label={words.slowRank}
              value={topology.slow.rank}
              of={SLOW.rank}
              most={form.ranks - 1}
              onChange={(rank) => change({ slow: { ...topology.slow!, rank } })}
            />
            <NumberField
              label={words.slowTimes}
              value={topology.slow.times}
              of={SLOW.times}
              onChange={(times) => change({ slow: { ...topology.slow!, times } })}
            />
          </div>
        )}
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
        {measuring && (
          <>
            <Switch label={words.until} on={form.until !== null} onChange={(on) => edit({ until: on ? 0.05 : null })} />
            {form.until !== null && (
              <div className="row">
                <NumberField
                  label={words.untilShare}
                  value={form.until}
                  of={MeasureSettings.shape.until.unwrap()}
                  scale={100}
                  onChange={(until) => edit({ until })}
                />
                <NumberField
                  label={words.budget}
                  value={form.budget}
                  of={MeasureSettings.shape.budget}
                  onChange={(budget) => edit({ budget })}
                />
              </div>
            )}
            <Switch
              label={words.sweep}
              on={form.sweep !== null}
              onChange={(on) => edit({ sweep: on ? { over: 'ratio', values: [...SWEPT.ratio] } : null })}
            />
            {form.sweep && (
              <>
                <Choice
                  name="sweep"
                  label={words.sweepOver}
                  value={form.sweep.over}
                  options={SWEEP_SETTINGS.map((over) => [over, words.sweeps[over]] as const)}
                  onChange={(over) => edit({ sweep: { over, values: [...SWEPT[over]] } })}
                />
                <ValuesField
                  // Other values are filled in for another setting.
                  key={form.sweep.over}
                  label={words.sweepValues}
                  values={form.sweep.values}
                  onChange={(values) => edit({ sweep: { ...form.sweep!, values } })}
                />
              </>
            )}
          </>
        )}
      </fieldset>
    </details>
  );
}

/** Numbers with commas between them; what is typed stays as it is while it is no such list. */
function ValuesField({
  label,
  values,
  onChange,
}: {
  label: string;
  values: readonly number[];
  onChange: (values: number[]) => void;
}) {
  const [text, setText] = useState(values.join(', '));
  return (
    <label>
      {label}
      <input
        type="text"
        inputMode="decimal"
        required
        pattern="\s*\d*\.?\d+\s*(,\s*\d*\.?\d+\s*)*"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          const read = event.target.value.split(',').map(Number);
          if (event.target.validity.valid && read.length <= 32 && read.every((value) => value > 0)) onChange(read);
        }}
      />
    </label>
  );
}
