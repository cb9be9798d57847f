import { type ReactNode, useEffect, useRef } from 'react';
import { type Phrase, phrase } from '../../words/phrase';
import { firstIssue, type z } from '../../words/zod';
import { useText } from '../state/language';
import { Term, type TermId } from './Term';

/** Form fields and the like that several parts of the page use. */

/**
 * A number of a setting: what it may be is what the setting's schema takes. `scale`: the field shows so many times the
 * number, as 100 for per cent.
 */
export function NumberField(props: {
  label: string;
  value: number;
  of: z.ZodNumber;
  most?: number;
  scale?: number;
  onChange: (value: number) => void;
}) {
  const { of, scale = 1, value } = props;
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const bounded = props.most === undefined ? of : of.max(props.most);
  const { error } = bounded.safeParse(value);
  const wrong = error ? t.say(reasonOf(error, bounded, scale, value)) : '';
  useEffect(() => input.current?.setCustomValidity(wrong), [wrong]);
  return (
    <label>
      {props.label}
      <input
        ref={input}
        type="number"
        min={bounded.minValue === null ? undefined : bounded.minValue * scale}
        max={bounded.maxValue === null ? undefined : bounded.maxValue * scale}
        step={of.isInt ? 1 : 'any'}
        value={Number.isNaN(value) ? '' : shown(value * scale)}
        onChange={(event) => props.onChange(event.target.valueAsNumber / scale)}
      />
    </label>
  );
}

/** Why a number can't be taken, in the numbers that the field shows. */
function reasonOf(error: z.ZodError, of: z.ZodNumber, scale: number, value: number): Phrase {
  if (scale !== 1 && of.maxValue !== null && value > of.maxValue)
    return phrase`it should be at most ${of.maxValue * scale}`;
  return firstIssue(error).reason;
}

/** Without the digits that are of the computer's arithmetic. */
const shown = (value: number): number => Number(value.toPrecision(12));

/** One of what a setting's schema takes, each in words. */
export function EnumField<T extends string>(props: {
  name: string;
  label: string;
  value: T;
  of: z.ZodEnum<{ readonly [K in T]: K }>;
  words: Readonly<Record<T, string>>;
  onChange: (value: T) => void;
}) {
  const options = props.of.options.map((value) => [value as T, props.words[value as T]] as const);
  return <Choice {...props} options={options} />;
}

export function Choice<T extends string>(props: {
  name: string;
  label: string;
  /** What the label is a term of. */
  term?: TermId;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <div className="choice" role="radiogroup" aria-label={props.label}>
      {props.term ? <Term of={props.term}>{props.label}</Term> : <span aria-hidden="true">{props.label}</span>}
      <div>
        {props.options.map(([value, text]) => (
          <label key={value}>
            <input
              type="radio"
              name={props.name}
              value={value}
              checked={props.value === value}
              onChange={() => props.onChange(value)}
            />
            {text}
          </label>
        ))}
      </div>
    </div>
  );
}

export function Switch({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={on}
        checked={on}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

/** What may be wider than the page: it scrolls by itself, by keys too. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
