import { useRef, useState } from 'react';
import { type Checkpoint, remarkOn } from '../../model/checkpoint';
import { memoryOf } from '../../model/memory';
import type { Plan } from '../../model/plan';
import { DRAWN, isUntrained, PRESETS } from '../../model/presets';
import { isMoe } from '../../model/spec';
import { parametersOf } from '../../model/weights';
import { megabytes } from '../../words/megabytes';
import { Switch } from '../parts/fields';
import type { Described } from '../parts/useDescribed';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import type { Text } from '../text/en';
import { KeptModels } from './KeptModels';
import { useBufferLimit } from './useBufferLimit';
import { useKept } from './useKept';

const FAMILIES = [...new Set(DRAWN.map(({ family }) => family))];
const OWN = 'own';

/** Which model runs: one of the site's, an untrained one, or the user's own from files or an address. */
export function ModelFields({ described }: { described: Described }) {
  const t = useText();
  const { form: words } = t;
  const form = useForm((state) => state.form);
  const edit = useForm((state) => state.edit);
  const kept = useKept();
  const showsOwn = form.model === 'files' || form.model.includes('/');
  return (
    <fieldset>
      <legend>{words.model}</legend>
      <select
        aria-label={words.model}
        value={showsOwn ? OWN : form.model}
        onChange={({ target: { value } }) => edit({ model: value === OWN ? 'files' : value, files: [] })}
      >
        {PRESETS.map(({ id, label }) => (
          <option key={id} value={id}>
            {t.say(label)}
          </option>
        ))}
        {FAMILIES.map((family) => (
          <optgroup key={family} label={words.untrainedGroup(family)}>
            {DRAWN.filter((preset) => preset.family === family).map(({ id, label }) => (
              <option key={id} value={id}>
                {t.say(label)}
              </option>
            ))}
          </optgroup>
        ))}
        {kept.models.length > 0 && (
          <optgroup label={words.keptGroup}>
            {kept.models.map(({ name }) => (
              <option key={name} value={`kept:${name}`}>
                {name}
              </option>
            ))}
          </optgroup>
        )}
        <option value={OWN}>{words.own}</option>
      </select>
      {showsOwn && <OwnModel />}
      {isUntrained(form.model) && (
        <>
          <Switch label={words.balanced} on={form.balanced} onChange={(balanced) => edit({ balanced })} />
          <p className="hint">
            {words.untrained} {form.balanced ? words.untrainedBalanced : words.untrainedRouted}
          </p>
        </>
      )}
      {(form.model !== 'files' || form.files.length > 0) && (
        <Description described={described} plan={{ kind: form.parallel, ranks: form.ranks }} />
      )}
      <KeptModels described={described} kept={kept} />
    </fieldset>
  );
}

/** Files dropped or chosen, or the address of a folder. */
function OwnModel() {
  const t = useText();
  const { form: words } = t;
  const form = useForm((state) => state.form);
  const edit = useForm((state) => state.edit);
  const [address, setAddress] = useState(form.model.includes('/') ? form.model : '');
  const folder = useRef<HTMLInputElement>(null);
  const loose = useRef<HTMLInputElement>(null);
  const take = (list: Iterable<File> | null) => {
    // A folder's own files come before those of its subfolders, which may be called the same.
    const depth = ({ webkitRelativePath }: File) => webkitRelativePath.split('/').length;
    const files = [...(list ?? [])].sort((a, b) => depth(a) - depth(b));
    if (files.length > 0) edit({ model: 'files', files });
  };
  return (
    <div className="own">
      <section className="drop" aria-label={words.ownFiles}>
        <p>{words.drop}</p>
        <div className="row">
          <button type="button" onClick={() => folder.current?.click()}>
            {words.chooseFolder}
          </button>
          <button type="button" onClick={() => loose.current?.click()}>
            {words.chooseFiles}
          </button>
        </div>
        <input
          ref={folder}
          type="file"
          hidden
          aria-label={words.checkpointFolder}
          // React knows no such attribute; browsers do.
          {...{ webkitdirectory: '' }}
          onChange={(event) => take(event.target.files)}
        />
        <input
          ref={loose}
          type="file"
          hidden
          multiple
          aria-label={words.checkpointFiles}
          onChange={(event) => take(event.target.files)}
        />
      </section>
      <label>
        {words.address}
        <span className="row">
          <input
            type="text"
            inputMode="url"
            placeholder="https://host/folder/with/config.json"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
          <button
            type="button"
            disabled={!address.includes('/')}
            onClick={() => edit({ model: address.trim().replace(/\/config\.json$/, ''), files: [] })}
          >
            {words.open}
          </button>
        </span>
      </label>
    </div>
  );
}

function Description({ described, plan }: { described: Described; plan: Plan }) {
  const t = useText();
  const { form: words } = t;
  const limit = useBufferLimit();
  if (described.kind === 'waiting') return <p className="hint described">{words.describing}</p>;
  if (described.kind === 'refused')
    return (
      <p className="notice failed" role="alert">
        {t.say(described.why)}
      </p>
    );
  const { spec } = described.checkpoint;
  const remark = remarkOn(described.checkpoint);
  const { bytes, largest } = memoryOf(spec, plan);
  const fits = limit === null || largest.bytes <= limit;
  return (
    <>
      <p className="hint described">
        {summaryOf(words, described.checkpoint)} {remark && `${t.say(remark)} `}
        {!described.readsText && `${words.noTokenizer} `}
        {words.memory(
          plan.ranks,
          megabytes(bytes),
          limit === null ? null : megabytes(largest.bytes),
          limit === null ? null : megabytes(limit),
        )}
      </p>
      {!fits && (
        <p className="notice failed" role="alert">
          {words.tooLarge(largest.name, megabytes(largest.bytes), megabytes(limit))}
        </p>
      )}
    </>
  );
}

function summaryOf(words: Text['form'], { spec, weights }: Checkpoint): string {
  const moe = spec.layers.find(isMoe)?.feedForward;
  return words.summary(
    spec.family,
    spec.layers.length,
    moe?.kind === 'moe' ? words.experts(moe.experts, moe.topK) : words.noExperts,
    (parametersOf(spec) / 1e6).toFixed(1),
    weights.kind === 'stored' ? megabytes(weights.bytes) : null,
  );
}
