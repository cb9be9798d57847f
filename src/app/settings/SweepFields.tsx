import { useEffect, useRef } from 'react';
import { Sweep, type Sweep as SweepOf, type SweepSetting } from '../../lab/experiments/sweep_settings';
import { firstIssue } from '../../words/zod';
import { EnumField, Switch } from '../parts/fields';
import { useDraft } from '../parts/useDraft';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';

const SWEPT: Readonly<Record<SweepSetting, readonly number[]>> = {
  ratio: [0.1, 0.25, 0.5, 1, 2],
  ranks: [2, 4, 8],
  tokens: [16, 32, 64, 128],
};

/** Whether it is measured again and again, over which setting, at which values. */
export function SweepFields() {
  const { form: words } = useText();
  const { sweep, source, text } = useForm((state) => state.form);
  const { edit } = useForm.getState();
  return (
    <>
      <Switch
        label={words.sweep}
        on={sweep !== null}
        onChange={(on) => edit({ sweep: on ? { over: 'ratio', values: SWEPT.ratio } : null })}
      />
      {sweep && (
        <>
          <EnumField
            name="sweep"
            label={words.sweepOver}
            value={sweep.over}
            of={Sweep.shape.over}
            words={words.sweeps}
            onChange={(over) => edit({ sweep: { over, values: SWEPT[over] } })}
          />
          {sweep.over === 'tokens' && source === 'prompt' && (
            <p className="hint">{words.sweptPassages(words.bookTitles[text])}</p>
          )}
          <ValuesField
            label={words.sweepValues}
            sweep={sweep}
            onChange={(values) => edit({ sweep: { ...sweep, values } })}
          />
        </>
      )}
    </>
  );
}

/** Numbers with commas between them; what is typed stays as it is, and what is no such list is told there. */
function ValuesField({
  label,
  sweep,
  onChange,
}: {
  label: string;
  sweep: SweepOf;
  onChange: (values: readonly number[]) => void;
}) {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const written = sweep.values.join(', ');
  const [typed, keepTyped] = useDraft<string, string>(written);
  const text = typed ?? written;
  const { error } = read(sweep, text);
  const wrong = error ? t.say(firstIssue(error).reason) : '';
  useEffect(() => input.current?.setCustomValidity(wrong), [wrong]);
  return (
    <label>
      {label}
      <input
        ref={input}
        type="text"
        inputMode="decimal"
        value={text}
        onChange={({ target: { value } }) => {
          const { data } = read(sweep, value);
          keepTyped(value, data?.values.join(', '));
          if (data) onChange(data.values);
        }}
      />
    </label>
  );
}

/** The sweep with values as they are typed, full-width commas too. */
const read = ({ over }: SweepOf, text: string) =>
  Sweep.safeParse({
    over,
    values: text.split(/[,，]/).map((part) => (part.trim() === '' ? Number.NaN : Number(part))),
  });
