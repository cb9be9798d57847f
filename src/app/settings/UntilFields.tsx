import { MeasureSettings } from '../../lab/experiments/measurement/settings';
import { NumberField, Switch } from '../parts/fields';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';

/** Whether it goes on until intervals are narrow, how narrow, and for how long at most. */
export function UntilFields() {
  const { form: words } = useText();
  const { until, budget } = useForm((state) => state.form);
  const { edit } = useForm.getState();
  return (
    <>
      <Switch label={words.until} on={until !== null} onChange={(on) => edit({ until: on ? 0.05 : null })} />
      {until !== null && (
        <div className="row">
          <NumberField
            label={words.untilShare}
            value={until}
            of={MeasureSettings.shape.until.unwrap()}
            scale={100}
            onChange={(next) => edit({ until: next })}
          />
          <NumberField
            label={words.budget}
            value={budget}
            of={MeasureSettings.shape.budget}
            onChange={(next) => edit({ budget: next })}
          />
        </div>
      )}
    </>
  );
}
