import { useRef } from 'react';
import { MeasureSettings } from '../../lab/experiments/measurement/settings';
import { TEXTS } from '../../model/presets';
import { EnumField, NumberField, Switch } from '../parts/fields';
import { type Form, FormSettings } from '../state/form';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import { LINKS } from './links';

/** What is done, and with which text. */
export function TaskFields() {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const { edit } = useForm.getState();
  const { link } = form;
  /** The wire that choosing a text has replaced. */
  const replaced = useRef<Form['link'] | null>(null);
  const measuring = form.task === 'measure';
  const fromBook = measuring && form.source === 'passage';
  return (
    <fieldset>
      <legend>{words.task}</legend>
      <EnumField
        name="task"
        label={words.whatToDo}
        value={form.task}
        of={FormSettings.shape.task}
        words={{ measure: words.measure, generate: words.generate }}
        onChange={(task) => {
          // A text has no ratio: it begins with a wire by speed, so that there is something to hide.
          const replaces = task === 'generate' && link.kind !== 'speed';
          const back = task === 'measure' && link === LINKS.speed ? replaced.current : null;
          if (replaces) replaced.current = link;
          edit({ task, link: replaces ? LINKS.speed : (back ?? link) });
        }}
      />
      {measuring && (
        <EnumField
          name="pass"
          label={words.pass}
          value={form.pass}
          of={MeasureSettings.shape.pass}
          words={words.passes}
          onChange={(pass) => edit({ pass })}
        />
      )}
      {measuring && form.pass !== 'forward' && <p className="hint">{words.passHint[form.pass]}</p>}
      {measuring && form.pass !== 'forward' && (
        <Switch label={words.recompute} on={form.recompute} onChange={(recompute) => edit({ recompute })} />
      )}
      {measuring && form.pass === 'step' && (
        <>
          <Switch label={words.sharded} on={form.sharded} onChange={(sharded) => edit({ sharded })} />
          <p className="hint">{words.shardedHint}</p>
        </>
      )}
      {measuring && (
        <EnumField
          name="source"
          label={words.promptFrom}
          value={form.source}
          of={FormSettings.shape.source}
          words={{ prompt: words.yourText, passage: words.aBook }}
          onChange={(source) => edit({ source })}
        />
      )}
      {!measuring && (
        <EnumField
          name="promptAs"
          label={words.promptAs}
          value={form.promptAs}
          of={FormSettings.shape.promptAs}
          words={words.promptsAre}
          onChange={(promptAs) => edit({ promptAs })}
        />
      )}
      {fromBook ? (
        <PassageFields />
      ) : (
        <label>
          {measuring ? words.prompt : words.toContinue}
          <textarea rows={3} value={form.prompt} onChange={(event) => edit({ prompt: event.target.value })} />
        </label>
      )}
      {measuring && (
        <p className="hint">
          {words.promptHint(form.parallel === 'ep', fromBook ? null : words.bookTitles[form.text])}
        </p>
      )}
    </fieldset>
  );
}

function PassageFields() {
  const { form: words } = useText();
  const form = useForm((state) => state.form);
  const { edit } = useForm.getState();
  return (
    <div className="row">
      <label>
        {words.book}
        <select value={form.text} onChange={(event) => edit({ text: event.target.value as Form['text'] })}>
          {TEXTS.map(({ id }) => (
            <option key={id} value={id}>
              {words.bookTitles[id]}
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
  );
}
