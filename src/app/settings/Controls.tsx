import type { LinkSetting } from '../lab/settings';
import { TEXTS, titleOfText } from '../model/presets';
import { Choice, NumberField, Switch } from './fields';
import type { Form } from './form';
import { GenerateFields } from './GenerateFields';
import { ModelFields } from './ModelFields';
import { useLab } from './store';
import type { Described } from './useDescribed';

export function Controls({ described }: { described: Described }) {
  const { form, status, edit, run, past, future, undo, redo } = useLab();
  const running = status.kind === 'running';
  const measuring = form.task === 'measure';
  return (
    <form
      className="controls"
      onSubmit={(event) => {
        event.preventDefault();
        void run('both');
      }}
    >
      <ModelFields described={described} />
      <fieldset>
        <legend>Task</legend>
        <Choice
          name="task"
          label="What to do"
          value={form.task}
          options={[
            ['measure', 'Time a prefill'],
            ['generate', 'Generate text'],
          ]}
          onChange={(task) => edit({ task })}
        />
        {measuring && (
          <Choice
            name="source"
            label="Prompt from"
            value={form.source}
            options={[
              ['prompt', 'Your text'],
              ['passage', 'A book'],
            ]}
            onChange={(source) => edit({ source })}
          />
        )}
        {!measuring || form.source === 'prompt' ? (
          <label>
            {measuring ? 'Text that device 0 reads' : 'Text to continue'}
            <textarea rows={3} value={form.prompt} onChange={(event) => edit({ prompt: event.target.value })} />
          </label>
        ) : (
          <div className="row">
            <BookSelect form={form} label="Book" edit={edit} />
            <NumberField label="Tokens a device" value={form.tokens} min={1} max={1024} step={1} onChange={(tokens) => edit({ tokens })} />
          </div>
        )}
        {measuring && (
          <p className="hint">
            {form.parallel === 'ep'
              ? 'Each device prefills a sequence of its own. Device 0 has the prompt; the others have passages of the same length'
              : 'All devices prefill the same sequences together: the prompt, and passages of the same length, one for each further device,'}
            {form.source === 'prompt' ? ` from ${titleOfText(form.text)}` : ' that follow it'}.
          </p>
        )}
      </fieldset>
      {!measuring && <GenerateFields />}

      <fieldset>
        <legend>Devices and wire</legend>
        <Choice
          name="ranks"
          label="Emulated devices"
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
          label="Spread"
          value={form.parallel}
          options={[
            ['ep', 'Experts'],
            ['tp', 'Heads, experts'],
          ]}
          onChange={(parallel) => edit({ parallel })}
        />
        <p className="hint">
          {form.parallel === 'ep'
            ? 'Expert parallelism: each device has sequences of its own and some of the experts; tokens travel (all-to-all).'
            : 'Tensor parallelism: every device has all tokens, some heads and some experts; sums travel (all-reduce).'}
        </p>
        <Choice
          name="wire"
          label="Values on the wire"
          value={form.wire}
          options={[
            ['bf16', '16 bits'],
            ['f32', '32 bits'],
          ]}
          onChange={(wire) => edit({ wire })}
        />
        <Choice
          name="link"
          label="Wire set by"
          value={measuring || form.link.kind === 'speed' ? form.link.kind : 'ratio'}
          options={[
            // A ratio is of one prefill: text is generated over a wire of some bandwidth, or of none.
            ['ratio', measuring ? 'Ratio' : 'No delay'],
            ['speed', 'Bandwidth'],
            ...(measuring ? [['native', 'The host'] as const] : []),
          ]}
          onChange={(kind) => edit({ link: LINKS[kind] })}
        />
        {(measuring || form.link.kind === 'speed') && <LinkFields form={form} edit={edit} />}
      </fieldset>

      <fieldset>
        <legend>Method</legend>
        <Switch label="FarSkip" on={form.farskip} onChange={(farskip) => edit({ farskip })} />
        <Switch
          label="Overlapped schedule"
          on={form.schedule === 'overlapped'}
          onChange={(on) => edit({ schedule: on ? 'overlapped' : 'blocking' })}
        />
        <p className="hint">
          {form.schedule === 'overlapped'
            ? 'Collectives start as soon as their input is there; ready work runs meanwhile.'
            : 'Each collective is waited for where it starts.'}
        </p>
      </fieldset>

      <div className="actions">
        <button type="submit" className="primary" disabled={running}>
          {measuring ? 'Run FarSkip off and on' : 'Generate FarSkip off and on'}
        </button>
        <button type="button" disabled={running} onClick={() => void run('chosen')}>
          {measuring ? 'Run' : 'Generate'}
        </button>
        {measuring && (
          <NumberField label="Repeats" value={form.repeats} min={1} max={100} step={1} onChange={(repeats) => edit({ repeats })} />
        )}
      </div>
      <div className="actions">
        <button type="button" disabled={past.length === 0} onClick={undo}>
          Undo
        </button>
        <button type="button" disabled={future.length === 0} onClick={redo}>
          Redo
        </button>
        <p className="hint">The page’s address holds all settings: copy it to share them.</p>
      </div>
    </form>
  );
}

const LINKS: { readonly [K in LinkSetting['kind']]: LinkSetting } = {
  ratio: { kind: 'ratio', ratio: 0.5 },
  speed: { kind: 'speed', gbps: 25, us: 10 },
  native: { kind: 'native' },
};

type Edit = (change: Partial<Form>) => void;

function BookSelect({ form, label, edit }: { form: Form; label: string; edit: Edit }) {
  return (
    <label>
      {label}
      <select value={form.text} onChange={(event) => edit({ text: event.target.value as Form['text'] })}>
        {TEXTS.map(({ id, label: title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function LinkFields({ form: { link }, edit }: { form: Form; edit: Edit }) {
  if (link.kind === 'ratio')
    return (
      <label>
        Communication ÷ computation: {link.ratio}
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
  if (link.kind === 'native')
    return (
      <p className="hint">
        Each device is a GPU device of its own, and messages go from one to the other through the host, as fast as that goes: no pace is
        emulated.
      </p>
    );
  return (
    <div className="row">
      <NumberField
        label="GB/s"
        value={link.gbps}
        min={0.001}
        max={10000}
        step="any"
        onChange={(gbps) => edit({ link: { ...link, gbps } })}
      />
      <NumberField label="Latency, µs" value={link.us} min={0} max={100000} step="any" onChange={(us) => edit({ link: { ...link, us } })} />
    </div>
  );
}
