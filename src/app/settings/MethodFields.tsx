import { FROM_CONFIG, METHODS, nameOfMethod, readMethod } from '../../connectivity/methods';
import { nameOfSchedule } from '../../lab/experiments/experiment';
import { MeasureSettings } from '../../lab/experiments/measurement/settings';
import { SCHEDULES, type ScheduleKind } from '../../schedule/orders';
import { z } from '../../words/zod';
import { Choice, NumberField } from '../parts/fields';
import { comparesAll, type Form } from '../state/form';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';

/** How many connectivities the form puts beside each other; links and the terminal may have more. */
const MOST_COMPARED = 4;
const LAYERS = z.number().int().min(1).max(999);

/** Which connectivities are run beside each other, under which schedule, and how often. */
export function MethodFields() {
  const t = useText();
  const { form: words } = t;
  const form = useForm((state) => state.form);
  const { edit } = useForm.getState();
  const { connectivity } = form;
  const measuring = form.task === 'measure';
  // One more than there are, to be chosen.
  const places = [...connectivity, ...(connectivity.length < MOST_COMPARED ? [null] : [])];
  return (
    <fieldset>
      <legend>{words.method}</legend>
      {places.map((method, place) => (
        <MethodField
          // biome-ignore lint/suspicious/noArrayIndexKey: a method is told by its place
          key={place}
          label={place === 0 ? words.connectivity : words.against(place + 1)}
          value={method}
          needed={place === 0}
          onChange={(next) => {
            const others = connectivity.toSpliced(place, 1, ...(next === null ? [] : [next]));
            edit({ connectivity: others });
          }}
        />
      ))}
      <ScheduleField form={form} measuring={measuring} onChange={(schedule) => edit({ schedule })} />
      {measuring && (
        <NumberField
          label={words.repeats}
          value={form.repeats}
          of={MeasureSettings.shape.repeats}
          onChange={(repeats) => edit({ repeats })}
        />
      )}
    </fieldset>
  );
}

/** One of the list of methods, with its number of layers where it has one. */
function MethodField(props: {
  label: string;
  value: string | null;
  needed: boolean;
  onChange: (value: string | null) => void;
}) {
  const t = useText();
  const read = props.value === null ? null : readMethod(props.value);
  const id = read?.method.id ?? props.value ?? '';
  const written = (method: string, layers: number) =>
    METHODS.find((known) => known.id === method)?.counted ? `${method}:${layers}` : method;
  return (
    <>
      <label>
        {props.label}
        <select
          value={id}
          onChange={({ target: { value } }) => props.onChange(value === '' ? null : written(value, 1))}
        >
          {!props.needed && <option value="">{t.form.nothingElse}</option>}
          {METHODS.map((method) => (
            <option key={method.id} value={method.id}>
              {t.say(method.name)}
            </option>
          ))}
          <option value={FROM_CONFIG}>{t.say(nameOfMethod(FROM_CONFIG))}</option>
        </select>
      </label>
      {read?.method.counted && (
        <NumberField
          label={t.form.layers}
          value={read.layers}
          of={LAYERS}
          onChange={(layers) => LAYERS.safeParse(layers).success && props.onChange(`${id}:${layers}`)}
        />
      )}
    </>
  );
}

function ScheduleField(props: { form: Form; measuring: boolean; onChange: (schedule: Form['schedule']) => void }) {
  const t = useText();
  const { form: words } = t;
  // Text is generated under one.
  const both = props.measuring && comparesAll(props.form);
  const value = both ? 'both' : props.form.schedule.at(-1)!;
  const hints = { both: words.bothSchedulesHint, blocking: words.blockingHint, overlapped: words.overlappedHint };
  const named = SCHEDULES.map((kind): [ScheduleKind | 'both', string] => [kind, capital(t.say(nameOfSchedule(kind)))]);
  return (
    <>
      <Choice
        name="schedule"
        label={words.scheduleOf}
        value={value}
        options={props.measuring ? [...named, ['both', words.bothSchedules]] : named}
        onChange={(next) => props.onChange(next === 'both' ? [...SCHEDULES] : [next])}
      />
      <p className="hint">{hints[value]}</p>
    </>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
