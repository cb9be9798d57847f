import { type LinkSetting, MeasureSettings } from '../../lab/experiments/measurement/settings';
import { RunSettings, Speed } from '../../lab/experiments/run_settings';
import { TEXTS } from '../../model/presets';
import { Choice, EnumField, NumberField } from '../parts/fields';
import { runTitle } from '../parts/titles';
import type { Described } from '../parts/useDescribed';
import { useEngine } from '../state/engine_store';
import type { Form } from '../state/form';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import { DetailFields } from './DetailFields';
import { GenerateFields } from './GenerateFields';
import { MethodFields } from './MethodFields';
import { ModelFields } from './ModelFields';

export function Controls({ described }: { described: Described }) {
  const t = useText();
  const { form: words } = t;
  const form = useForm((state) => state.form);
  const running = useEngine((state) => state.status.kind === 'running');
  const undoable = useForm((state) => state.past.length > 0);
  const redoable = useForm((state) => state.future.length > 0);
  const { edit, undo, redo } = useForm.getState();
  const { run } = useEngine.getState();
  const measuring = form.task === 'measure';
  return (
    <form
      className="controls"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <button type="submit" className="primary" aria-disabled={running}>
        {runTitle(t, form)}
      </button>
      <MethodFields />
      <ModelFields described={described} />
      <fieldset>
        <legend>{words.task}</legend>
        <Choice
          name="task"
          label={words.whatToDo}
          value={form.task}
          options={[
            ['measure', words.measure],
            ['generate', words.generate],
          ]}
          onChange={(task) => edit({ task })}
        />
        {measuring && (
          <Choice
            name="source"
            label={words.promptFrom}
            value={form.source}
            options={[
              ['prompt', words.yourText],
              ['passage', words.aBook],
            ]}
            onChange={(source) => edit({ source })}
          />
        )}
        {!measuring || form.source === 'prompt' ? (
          <label>
            {measuring ? words.prompt : words.toContinue}
            <textarea rows={3} value={form.prompt} onChange={(event) => edit({ prompt: event.target.value })} />
          </label>
        ) : (
          <div className="row">
            <label>
              {words.book}
              <select value={form.text} onChange={(event) => edit({ text: event.target.value as Form['text'] })}>
                {TEXTS.map(({ id }) => (
                  <option key={id} value={id}>
                    {words.bookTitles[id as Form['text']]}
                  </option>
                ))}
              </select>
            </label>
            <NumberField
              label={words.tokens}
              value={form.tokens}
              of={MeasureSettings.shape.tokens}
              onChange={(tokens) => edit({ tokens })}
            />
          </div>
        )}
        {measuring && (
          <p className="hint">
            {words.promptHint(form.parallel === 'ep', form.source === 'prompt' ? words.bookTitles[form.text] : null)}
          </p>
        )}
      </fieldset>
      {!measuring && <GenerateFields />}

      <fieldset>
        <legend>{words.devices}</legend>
        <Choice
          name="ranks"
          label={words.ranks}
          value={String(form.ranks)}
          options={[
            ['2', '2'],
            ['4', '4'],
            ['8', '8'],
          ]}
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
          words={{ bf16: words.bits16, f32: words.bits32 }}
          onChange={(wire) => edit({ wire })}
        />
        <Choice
          name="link"
          label={words.wireSetBy}
          value={measuring || form.link.kind === 'speed' ? form.link.kind : 'ratio'}
          options={[
            // A ratio is of one prefill: text is generated over a wire of some bandwidth, or of none.
            ['ratio', measuring ? words.ratio : words.noDelay],
            ['speed', words.bandwidth],
            ...(measuring ? [['native', words.host] as const] : []),
          ]}
          onChange={(kind) => edit({ link: LINKS[kind] })}
        />
        {(measuring || form.link.kind === 'speed') && <LinkFields form={form} edit={edit} />}
      </fieldset>
      <DetailFields measuring={measuring} />
      <div className="actions">
        <button type="button" disabled={!undoable} onClick={undo}>
          {words.undo}
        </button>
        <button type="button" disabled={!redoable} onClick={redo}>
          {words.redo}
        </button>
        <p className="hint">{words.linkHint}</p>
      </div>
    </form>
  );
}

const LINKS: { readonly [K in LinkSetting['kind']]: LinkSetting } = {
  ratio: { kind: 'ratio', ratio: 0.5 },
  speed: { kind: 'speed', gbps: 25, us: 10 },
  native: { kind: 'native' },
};

function LinkFields({ form: { link }, edit }: { form: Form; edit: (change: Partial<Form>) => void }) {
  const { form: words } = useText();
  if (link.kind === 'ratio')
    return (
      <label>
        {words.ratioLabel(link.ratio)}
        <input
          type="range"
          min={0.1}
          max={2}
          step={0.05}
          value={link.ratio}
          onChange={(event) => edit({ link: { kind: 'ratio', ratio: Number(event.target.value) } })}
        />
      </label>
    );
  if (link.kind === 'native') return <p className="hint">{words.hostHint}</p>;
  return (
    <div className="row">
      <NumberField
        label={words.gbps}
        value={link.gbps}
        of={Speed.shape.gbps}
        onChange={(gbps) => edit({ link: { ...link, gbps } })}
      />
      <NumberField
        label={words.latency}
        value={link.us}
        of={Speed.shape.us}
        onChange={(us) => edit({ link: { ...link, us } })}
      />
    </div>
  );
}
