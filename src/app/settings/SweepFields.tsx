import { useState } from 'react';
import { Sweep, type SweepSetting } from '../../lab/experiments/sweep_settings';
import { EnumField, Switch } from '../parts/fields';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';

const SWEPT: Readonly<Record<SweepSetting, readonly number[]>> = {
  ratio: [0.1, 0.25, 0.5, 1, 2],
  ranks: [2, 4, 8],
  tokens: [16, 32, 64, 128],
};

/** Whether it is measured again and again, over which setting, at which values. */
export function SweepFields() {
  const { form: words } = useText();
  const sweep = useForm((state) => state.form.sweep);
  const { edit } = useForm.getState();
  return (
    <>
      <Switch
        label={words.sweep}
        on={sweep !== null}
        onChange={(on) => edit({ sweep: on ? { over: 'ratio', values: SWEPT.ratio } : null })}
      />
      {sweep && (
        <>
          <EnumField
            name="sweep"
            label={words.sweepOver}
            value={sweep.over}
            of={Sweep.shape.over}
            words={words.sweeps}
            onChange={(over) => edit({ sweep: { over, values: SWEPT[over] } })}
          />
          <ValuesField
            // Other values are filled in for another setting.
            key={sweep.over}
            label={words.sweepValues}
            values={sweep.values}
            onChange={(values) => edit({ sweep: { ...sweep, values } })}
          />
        </>
      )}
    </>
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
