import { RunSettings } from '../../lab/experiments/run_settings';
import { EnumField } from '../parts/fields';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import { SweepFields } from './SweepFields';
import { TopologyFields } from './TopologyFields';
import { UntilFields } from './UntilFields';

/** Settings that most runs leave as they are: nodes, disturbances, how often, sweeps. */
export function DetailFields({ measuring }: { measuring: boolean }) {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const { edit } = useForm.getState();
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
        <TopologyFields />
        {measuring && <UntilFields />}
        {measuring && <SweepFields />}
      </fieldset>
    </details>
  );
}
