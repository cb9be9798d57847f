import type { LinkSetting } from '../../lab/experiments/measurement/settings';
import { RunSettings, Speed } from '../../lab/experiments/run_settings';
import { Choice, EnumField, NumberField } from '../parts/fields';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import { LINKS } from './links';

/** How many devices, what is spread over them, and the wire between them. */
export function DeviceFields() {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const { edit } = useForm.getState();
  return (
    <fieldset>
      <legend>{words.devices}</legend>
      <Choice
        name="ranks"
        label={words.ranks}
        value={String(form.ranks)}
        options={['2', '4', '8'].map((ranks) => [ranks, ranks] as const)}
        onChange={(ranks) => edit({ ranks: Number(ranks) })}
      />
      <EnumField
        name="parallel"
        label={words.spread}
        value={form.parallel}
        of={RunSettings.shape.parallel}
        words={{ ep: words.ep, tp: words.tp }}
        onChange={(parallel) => edit({ parallel })}
      />
      <p className="hint">{form.parallel === 'ep' ? words.epHint : words.tpHint}</p>
      <EnumField
        name="wire"
        label={words.wire}
        value={form.wire}
        of={RunSettings.shape.wire}
        words={{ f32: words.bits32, bf16: words.bits16 }}
        onChange={(wire) => edit({ wire })}
      />
      <LinkFields />
    </fieldset>
  );
}

/** What the wire's pace is set by. */
function LinkFields() {
  const { form: words } = useText();
  const { task, link } = useForm((state) => state.form);
  const { edit } = useForm.getState();
  const measuring = task === 'measure';
  // A ratio is of one prefill: text is generated over a wire of some bandwidth, or of none.
  const kinds: readonly (readonly [LinkSetting['kind'], string])[] = measuring
    ? [
        ['ratio', words.ratio],
        ['speed', words.bandwidth],
        ['native', words.host],
        ['none', words.noWire],
      ]
    : [
        ['ratio', words.noDelay],
        ['speed', words.bandwidth],
      ];
  return (
    <>
      <Choice
        name="link"
        label={words.wireSetBy}
        value={measuring || link.kind === 'speed' ? link.kind : 'ratio'}
        options={kinds}
        onChange={(kind) => edit({ link: LINKS[kind] })}
      />
      {(measuring || link.kind === 'speed') && <PaceFields link={link} onChange={(next) => edit({ link: next })} />}
    </>
  );
}

function PaceFields({ link, onChange }: { link: LinkSetting; onChange: (link: LinkSetting) => void }) {
  const { form: words } = useText();
  switch (link.kind) {
    case 'ratio':
      return (
        <label>
          {words.ratioLabel(link.ratio)}
          <input
            type="range"
            min={0.1}
            max={2}
            step={0.05}
            value={link.ratio}
            onChange={(event) => onChange({ kind: 'ratio', ratio: Number(event.target.value) })}
          />
        </label>
      );
    case 'native':
      return <p className="hint">{words.hostHint}</p>;
    case 'none':
      return <p className="hint">{words.noWireHint}</p>;
    case 'speed':
      return (
        <div className="row">
          <NumberField
            label={words.gbps}
            value={link.gbps}
            of={Speed.shape.gbps}
            onChange={(gbps) => onChange({ ...link, gbps })}
          />
          <NumberField
            label={words.latency}
            value={link.us}
            of={Speed.shape.us}
            onChange={(us) => onChange({ ...link, us })}
          />
        </div>
      );
  }
}
