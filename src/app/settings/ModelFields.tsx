import { useEffect, useRef, useState } from 'react';
import type { Checkpoint } from '../model/checkpoint';
import { megabytes, memoryOf } from '../model/memory';
import type { Plan } from '../model/plan';
import { DRAWN, isUntrained, PRESETS } from '../model/presets';
import { isMoe } from '../model/spec';
import { parametersOf } from '../model/weights';
import { droppedFiles } from './droppedFiles';
import { Switch } from './fields';
import { KeptModels } from './KeptModels';
import { useLab } from './store';
import { useBufferLimit } from './useBufferLimit';
import type { Described } from './useDescribed';
import { useKept } from './useKept';

const FAMILIES = [...new Set(DRAWN.map(({ family }) => family))];
const OWN = 'own';

/** Which model runs: one of the site's, an untrained one, or the user's own from files or an address. */
export function ModelFields({ described }: { described: Described }) {
  const { form, edit } = useLab();
  const kept = useKept();
  const showsOwn = form.model === 'files' || form.model.includes('/');
  useEffect(() => {
    const allow = (event: DragEvent) => event.dataTransfer?.types.includes('Files') && event.preventDefault();
    const drop = (event: DragEvent) => {
      const { dataTransfer } = event;
      if (!dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      droppedFiles(dataTransfer).then(
        (files) => files.length > 0 && edit({ model: 'files', files }),
        (cause) => edit({ model: 'files', files: [new File([String(cause)], 'unreadable')] }),
      );
    };
    window.addEventListener('dragover', allow);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', allow);
      window.removeEventListener('drop', drop);
    };
  }, [edit]);
  return (
    <fieldset>
      <legend>Model</legend>
      <select
        aria-label="Model"
        value={showsOwn ? OWN : form.model}
        onChange={({ target: { value } }) => edit({ model: value === OWN ? 'files' : value, files: [] })}
      >
        {PRESETS.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
        {FAMILIES.map((family) => (
          <optgroup key={family} label={`Untrained, for timing: ${family}`}>
            {DRAWN.filter((preset) => preset.family === family).map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </optgroup>
        ))}
        {kept.models.length > 0 && (
          <optgroup label="Kept in this browser">
            {kept.models.map(({ name }) => (
              <option key={name} value={`kept:${name}`}>
                {name}
              </option>
            ))}
          </optgroup>
        )}
        <option value={OWN}>Your own checkpoint …</option>
      </select>
      {showsOwn && <OwnModel />}
      {isUntrained(form.model) && (
        <>
          <Switch label="Balanced routing" on={form.balanced} onChange={(balanced) => edit({ balanced })} />
          <p className="hint">
            Random weights, drawn on your GPU: only its times mean something.{' '}
            {form.balanced
              ? 'Tokens are dealt out to the experts evenly, whatever the router says.'
              : 'Tokens go where the router sends them.'}
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
  const { form, edit } = useLab();
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
      <section className="drop" aria-label="Files of your checkpoint">
        <p>Drop a checkpoint folder or its files anywhere on the page: config.json, tokenizer.json and the safetensors files.</p>
        <div className="row">
          <button type="button" onClick={() => folder.current?.click()}>
            Choose folder
          </button>
          <button type="button" onClick={() => loose.current?.click()}>
            Choose files
          </button>
        </div>
        <input
          ref={folder}
          type="file"
          hidden
          aria-label="Checkpoint folder"
          // React knows no such attribute; browsers do.
          {...{ webkitdirectory: '' }}
          onChange={(event) => take(event.target.files)}
        />
        <input ref={loose} type="file" hidden multiple aria-label="Checkpoint files" onChange={(event) => take(event.target.files)} />
      </section>
      <label>
        Or the address of a folder
        <span className="row">
          <input
            type="text"
            inputMode="url"
            placeholder="https://host/folder/with/config.json"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
          <button type="button" disabled={!address.includes('/')} onClick={() => edit({ model: address.trim(), files: [] })}>
            Open
          </button>
        </span>
      </label>
    </div>
  );
}

function Description({ described, plan }: { described: Described; plan: Plan }) {
  const limit = useBufferLimit();
  if (described.kind === 'waiting') return <p className="hint described">Reading what the model says of itself …</p>;
  if (described.kind === 'refused')
    return (
      <p className="notice failed" role="alert">
        {described.message}
      </p>
    );
  const { spec } = described.checkpoint;
  const { bytes, largest } = memoryOf(spec, plan);
  const fits = limit === null || largest.bytes <= limit;
  return (
    <>
      <p className="hint described">
        {summaryOf(described.checkpoint)} On {plan.ranks} devices its weights take {megabytes(bytes)} of GPU memory in all
        {limit !== null && `, the largest buffer ${megabytes(largest.bytes)} of the ${megabytes(limit)} that this GPU binds`}.
      </p>
      {!fits && (
        <p className="notice failed" role="alert">
          {largest.name} needs {megabytes(largest.bytes)} on a device, but this GPU binds at most {megabytes(limit)}; choose more devices or
          a smaller model.
        </p>
      )}
    </>
  );
}

function summaryOf({ spec, weights }: Checkpoint): string {
  const moe = spec.layers.find(isMoe)?.feedForward;
  const experts = moe?.kind === 'moe' ? `${moe.experts} experts, top-${moe.topK}` : 'no experts';
  const stored = weights.kind === 'stored' ? `; ${megabytes(weights.bytes)} as stored` : '';
  return `${spec.family}: ${spec.layers.length} layers, ${experts}, ${(parametersOf(spec) / 1e6).toFixed(1)} M parameters${stored}.`;
}
