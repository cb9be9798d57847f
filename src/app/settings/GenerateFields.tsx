import { NumberField } from '../fields';
import { useLab } from '../store';
import { useText } from '../text/useText';

/** How text is generated: how much, and how each token is drawn. */
export function GenerateFields() {
  const { form: words } = useText();
  const form = useLab((state) => state.form);
  const edit = useLab((state) => state.edit);
  const { sampling } = form;
  return (
    <fieldset>
      <legend>{words.requests}</legend>
      <div className="row">
        <NumberField
          label={words.others}
          value={form.others}
          min={0}
          max={255}
          step={1}
          onChange={(others) => edit({ others })}
        />
        <NumberField
          label={words.newTokens}
          value={form.newTokens}
          min={1}
          max={4096}
          step={1}
          onChange={(newTokens) => edit({ newTokens })}
        />
        <NumberField
          label={words.temperature}
          value={sampling.temperature}
          min={0}
          max={10}
          step="any"
          onChange={(temperature) => edit({ sampling: { ...sampling, temperature } })}
        />
        <NumberField
          label={words.chunk}
          value={form.chunk}
          min={1}
          max={4096}
          step={1}
          onChange={(chunk) => edit({ chunk })}
        />
      </div>
      <p className="hint">{words.othersHint(words.bookTitles[form.text])}</p>
      {sampling.temperature === 0 ? (
        <p className="hint">{words.greedy}</p>
      ) : (
        <div className="row">
          <NumberField
            label={words.topK}
            value={sampling.topK}
            min={0}
            max={1_000_000}
            step={1}
            onChange={(topK) => edit({ sampling: { ...sampling, topK } })}
          />
          <NumberField
            label={words.topP}
            value={sampling.topP}
            min={0.01}
            max={1}
            step="any"
            onChange={(topP) => edit({ sampling: { ...sampling, topP } })}
          />
          <NumberField
            label={words.seed}
            value={form.seed}
            min={0}
            max={2 ** 31}
            step={1}
            onChange={(seed) => edit({ seed })}
          />
        </div>
      )}
    </fieldset>
  );
}
