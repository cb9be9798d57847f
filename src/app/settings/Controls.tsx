import type { LinkSetting } from '../../lab/settings';
import { TEXTS } from '../../model/presets';
import { Choice, NumberField, Switch } from '../fields';
import { compareOf, type Form } from '../form';
import { useLab } from '../store';
import { useText } from '../text/useText';
import { runTitle } from '../titles';
import type { Described } from '../useDescribed';
import { DetailFields } from './DetailFields';
import { GenerateFields } from './GenerateFields';
import { ModelFields } from './ModelFields';

export function Controls({ described }: { described: Described }) {
  const t = useText();
  const { form: words } = t;
  const form = useLab((state) => state.form);
  const running = useLab((state) => state.status.kind === 'running');
  const undoable = useLab((state) => state.past.length > 0);
  const redoable = useLab((state) => state.future.length > 0);
  const { edit, run, undo, redo } = useLab.getState();
  const measuring = form.task === 'measure';
  const compare = compareOf(form);
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
      <fieldset>
        <legend>{words.method}</legend>
        <Choice
          name="compare"
          label={words.compare}
          value={compare}
          options={[
            ['both', words.compareBoth],
            ...(measuring ? [['all', words.compareAll] as const] : []),
            ['chosen', words.compareNothing],
          ]}
          onChange={(next) => edit({ compare: next })}
        />
        {compare === 'chosen' && (
          <Switch label={words.farskip} on={form.farskip} onChange={(farskip) => edit({ farskip })} />
        )}
        {compare === 'all' ? (
          <p className="hint">{words.compareAllHint}</p>
        ) : (
          <>
            <Switch
              label={words.overlapped}
              on={form.schedule === 'overlapped'}
              onChange={(on) => edit({ schedule: on ? 'overlapped' : 'blocking' })}
            />
            <p className="hint">{form.schedule === 'overlapped' ? words.overlappedHint : words.blockingHint}</p>
          </>
        )}
        {measuring && (
          <NumberField
            label={words.repeats}
            value={form.repeats}
            min={1}
            max={100}
            step={1}
            onChange={(repeats) => edit({ repeats })}
          />
        )}
      </fieldset>
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
              min={1}
              max={1024}
              step={1}
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
        <Choice
          name="parallel"
          label={words.spread}
          value={form.parallel}
          options={[
            ['ep', words.ep],
            ['tp', words.tp],
          ]}
          onChange={(parallel) => edit({ parallel })}
        />
        <p className="hint">{form.parallel === 'ep' ? words.epHint : words.tpHint}</p>
        <Choice
          name="wire"
          label={words.wire}
          value={form.wire}
          options={[
            ['bf16', words.bits16],
            ['f32', words.bits32],
          ]}
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
        min={0.001}
        max={10000}
        step="any"
        onChange={(gbps) => edit({ link: { ...link, gbps } })}
      />
      <NumberField
        label={words.latency}
        value={link.us}
        min={0}
        max={100000}
        step="any"
        onChange={(us) => edit({ link: { ...link, us } })}
      />
    </div>
  );
}
