import { titleOfText } from '../model/presets';
import { NumberField } from './fields';
import { useLab } from './store';

/** How text is generated: how much, and how each token is drawn. */
export function GenerateFields() {
  const { form, edit } = useLab();
  const { sampling } = form;
  return (
    <fieldset>
      <legend>Requests and sampling</legend>
      <div className="row">
        <NumberField label="Other requests" value={form.others} min={0} max={255} step={1} onChange={(others) => edit({ others })} />
        <NumberField label="New tokens" value={form.newTokens} min={1} max={4096} step={1} onChange={(newTokens) => edit({ newTokens })} />
        <NumberField
          label="Temperature"
          value={sampling.temperature}
          min={0}
          max={10}
          step="any"
          onChange={(temperature) => edit({ sampling: { ...sampling, temperature } })}
        />
        <NumberField label="Prompt tokens a step" value={form.chunk} min={1} max={4096} step={1} onChange={(chunk) => edit({ chunk })} />
      </div>
      <p className="hint">
        The other requests are passages of {titleOfText(form.text)} as long as your text; requests are dealt out to the devices in turn.
      </p>
      {sampling.temperature === 0 ? (
        <p className="hint">Temperature 0 takes the most likely token each time.</p>
      ) : (
        <div className="row">
          <NumberField
            label="Top-k (0: all)"
            value={sampling.topK}
            min={0}
            max={1_000_000}
            step={1}
            onChange={(topK) => edit({ sampling: { ...sampling, topK } })}
          />
          <NumberField
            label="Top-p"
            value={sampling.topP}
            min={0.01}
            max={1}
            step="any"
            onChange={(topP) => edit({ sampling: { ...sampling, topP } })}
          />
          <NumberField label="Seed" value={form.seed} min={0} max={2 ** 31} step={1} onChange={(seed) => edit({ seed })} />
        </div>
      )}
    </fieldset>
  );
}
