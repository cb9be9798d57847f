import { GenerateSettings } from '../../lab/experiments/generation/settings';
import { NumberField } from '../parts/fields';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';

const { shape: G } = GenerateSettings;
const { shape: SAMPLING } = G.sampling;

/** How text is generated: how much, and how each token is drawn. */
export function GenerateFields() {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const edit = useForm((state) => state.edit);
  const { sampling } = form;
  return (
    <fieldset>
      <legend>{words.requests}</legend>
      <div className="row">
        <NumberField label={words.others} value={form.others} of={G.others} onChange={(others) => edit({ others })} />
        <NumberField
          label={words.newTokens}
          value={form.newTokens}
          of={G.tokens}
          onChange={(newTokens) => edit({ newTokens })}
        />
        <NumberField
          label={words.temperature}
          value={sampling.temperature}
          of={SAMPLING.temperature}
          onChange={(temperature) => edit({ sampling: { ...sampling, temperature } })}
        />
        <NumberField label={words.chunk} value={form.chunk} of={G.chunk} onChange={(chunk) => edit({ chunk })} />
      </div>
      <p className="hint">{words.othersHint(words.bookTitles[form.text])}</p>
      {sampling.temperature === 0 ? (
        <p className="hint">{words.greedy}</p>
      ) : (
        <div className="row">
          <NumberField
            label={words.topK}
            value={sampling.topK}
            of={SAMPLING.topK}
            onChange={(topK) => edit({ sampling: { ...sampling, topK } })}
          />
          <NumberField
            label={words.topP}
            value={sampling.topP}
            of={SAMPLING.topP}
            onChange={(topP) => edit({ sampling: { ...sampling, topP } })}
          />
          <NumberField label={words.seed} value={form.seed} of={G.seed} onChange={(seed) => edit({ seed })} />
        </div>
      )}
    </fieldset>
  );
}
