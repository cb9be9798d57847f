import { useState } from 'react';
import { forgetModel, keepModel } from '../../lab/setup/kept_models';
import type { WeightSource } from '../../model/checkpoint';
import { InputError } from '../../words/error';
import { megabytes } from '../../words/megabytes';
import { type Phrase, phrase } from '../../words/phrase';
import type { Described } from '../parts/useDescribed';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import type { Kept } from './useKept';

/** Files of a checkpoint beside its weights, as far as it has them. */
const BESIDE = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'generation_config.json',
];

/** Keeping the model on show in the browser's storage, and deleting what is kept there. */
export function KeptModels({ described, kept }: { described: Described; kept: Kept }) {
  const t = useText();
  const { form: words } = t;
  const form = useForm((state) => state.form);
  const edit = useForm((state) => state.edit);
  const [name, setName] = useState('');
  const [message, setMessage] = useState<Phrase | null>(null);
  const stored =
    described.kind === 'found' && described.checkpoint.weights.kind === 'stored' ? described.checkpoint.weights : null;
  const own = form.model === 'files' || form.model.includes('/');

  const [busy, setBusy] = useState(false);

  const keep = async ({ bytes, files }: Extract<WeightSource, { kind: 'stored' }>) => {
    if (described.kind !== 'found' || !described.source) return;
    setBusy(true);
    try {
      await keepModel(name.trim(), described.source, [...BESIDE, ...files], (done) =>
        setMessage(phrase`Keeping ${name.trim()}: ${megabytes(done)} of ${megabytes(bytes)}`),
      );
      setMessage(null);
      // Unless another model has been chosen meanwhile.
      if (useForm.getState().form.model === form.model) edit({ model: `kept:${name.trim()}`, files: [] });
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      setMessage(cause.phrase);
    }
    setBusy(false);
    kept.refresh();
  };
  const forget = async (model: string) => {
    await forgetModel(model);
    if (form.model === `kept:${model}`) edit({ model: 'reference' });
    kept.refresh();
  };

  return (
    <>
      {own && stored && (
        <label>
          {words.keep(megabytes(stored.bytes))}
          <span className="row">
            <input
              type="text"
              value={name}
              maxLength={60}
              onChange={(event) => setName(event.target.value.replace(/[^\w .-]/g, ''))}
            />
            <button type="button" disabled={busy || !/\w/.test(name)} onClick={() => void keep(stored)}>
              {words.keepButton}
            </button>
          </span>
        </label>
      )}
      <p className="hint" aria-live="polite" hidden={message === null}>
        {message && t.say(message)}
      </p>
      {kept.models.length > 0 && (
        <ul className="kept" aria-label={words.keptGroup}>
          {kept.models.map(({ name: model, bytes }) => (
            <li key={model}>
              <span>{words.keptHere(model, megabytes(bytes))}</span>
              <button type="button" aria-label={words.deleteNamed(model)} onClick={() => void forget(model)}>
                {words.delete}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
