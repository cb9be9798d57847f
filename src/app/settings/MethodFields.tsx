import { FROM_CONFIG, METHODS, nameOfMethod, readMethod } from '../../connectivity/methods';
import { nameOfSchedule } from '../../lab/experiments/experiment';
import { MeasureSettings } from '../../lab/experiments/measurement/settings';
import { SCHEDULES, type ScheduleKind } from '../../schedule/orders';
import { phrase } from '../../words/phrase';
import { because, z } from '../../words/zod';
import { Choice, NumberField } from '../parts/fields';
import { useDraft } from '../parts/useDraft';
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
          others={connectivity.filter((_, other) => other !== place)}
          onChange={(next) => {
            edit({ connectivity: connectivity.toSpliced(place, 1, ...(next === null ? [] : [next])) });
          }}
        />
      ))}
      <ScheduleField form={form} onChange={(schedule) => edit({ schedule })} />
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
  /** Chosen in the other fields: each connectivity is run once. */
  others: readonly string[];
  onChange: (value: string | null) => void;
}) {
  const t = useText();
  // What is no number of layers, or one that is taken, stays in the field and is told there.
  const [typed, keepTyped] = useDraft<number, string | null>(props.value);
  const read = props.value === null ? null : readMethod(props.value);
  const id = read?.method.id ?? props.value ?? '';
  /** The method as it is written; one that counts layers with the first number that no other field has. */
  const written = (method: string): string => {
    if (!METHODS.find((known) => known.id === method)?.counted) return method;
    let layers = 1;
    while (props.others.includes(`${method}:${layers}`)) layers++;
    return `${method}:${layers}`;
  };
  const layersBut = LAYERS.refine((layers) => !props.others.includes(`${id}:${layers}`), {
    error: because(phrase`it is chosen already`),
  });
  const taken = (method: string) => method !== id && props.others.includes(method);
  return (
    <>
      <label>
        {props.label}
        <select
          value={id}
          onChange={({ target: { value } }) => {
            keepTyped(null);
            props.onChange(value === '' ? null : written(value));
          }}
        >
          {!props.needed && <option value="">{t.form.nothingElse}</option>}
          {METHODS.map((method) => (
            <option key={method.id} value={method.id} disabled={taken(method.id)}>
              {t.say(method.name)}
            </option>
          ))}
          <option value={FROM_CONFIG} disabled={taken(FROM_CONFIG)}>
            {t.say(nameOfMethod(FROM_CONFIG))}
          </option>
        </select>
      </label>
      {read?.method.counted && (
        <NumberField
          label={t.form.layers}
          value={typed ?? read.layers}
          of={layersBut}
          onChange={(layers) => {
            const right = layersBut.safeParse(layers).success;
            keepTyped(right ? null : layers);
            if (right) props.onChange(`${id}:${layers}`);
          }}
        />
      )}
    </>
  );
}

function ScheduleField(props: { form: Form; onChange: (schedule: Form['schedule']) => void }) {
  const t = useText();
  const { form: words } = t;
  const value = comparesAll(props.form) ? 'both' : props.form.schedule.at(-1)!;
  const hints = { both: words.bothSchedulesHint, blocking: words.blockingHint, overlapped: words.overlappedHint };
  const named = SCHEDULES.map((kind): [ScheduleKind | 'both', string] => [kind, capital(t.say(nameOfSchedule(kind)))]);
  return (
    <>
      <Choice
        name="schedule"
        label={words.scheduleOf}
        value={value}
        options={[...named, ['both', words.bothSchedules]]}
        onChange={(next) => props.onChange(next === 'both' ? [...SCHEDULES] : [next])}
      />
      <p className="hint">{hints[value]}</p>
    </>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
