import { english, type Phrase, phrase } from '../words/phrase';
import { whyNot, type z } from '../words/zod';
import { DEFAULT_FORM, type Form, FormSettings } from './form';
import { DEFAULT_VIEW, View } from './view';

/** Of the link's format; a change that old links can't be read with raises it. */
const VERSION = 1;
/** Longer fragments are not looked at. */
const LONGEST = 2_000_000;
/** Of a link that is nonsense all over, so many sentences are enough. */
const MOST_PROBLEMS = 10;

/** All that a link says: the settings of the form, and the view. */
const SHAPE = { ...FormSettings.shape, ...View.shape } satisfies Record<string, z.ZodType>;
type Key = keyof typeof SHAPE;
const KEYS = Object.keys(SHAPE) as Key[];
const DEFAULTS = { ...DEFAULT_FORM, ...DEFAULT_VIEW };

/**
 * Settings and view as the fragment of the page's address: `#v=1` and what differs from the defaults, texts as they
 * are, all else as JSON; empty for the defaults. Files can't be in a link, so a model made of them is left out.
 */
export function linkOf(form: Form, view: View): string {
  const parts = new URLSearchParams();
  const all = { ...form, ...view };
  for (const key of KEYS) {
    const value = all[key];
    if (JSON.stringify(value) === JSON.stringify(DEFAULTS[key]) || (key === 'model' && value === 'files')) continue;
    parts.set(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return parts.size === 0 ? '' : `#v=${VERSION}&${parts}`;
}

/**
 * The settings and view that a fragment says, and defaults where it says nothing or nonsense: then with a sentence for
 * each.
 */
export function readLink(fragment: string): {
  readonly form: Form;
  readonly view: View;
  readonly problems: readonly Phrase[];
} {
  const problems: Phrase[] = [];
  if (fragment.length > LONGEST)
    return {
      form: DEFAULT_FORM,
      view: DEFAULT_VIEW,
      problems: [phrase`The link is longer than ${LONGEST} characters, so its settings were left out.`],
    };
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));
  const version = parts.get('v');
  if (version !== null && version !== String(VERSION))
    problems.push(
      phrase`The link is of version ${shown(version)}, and this lab reads version ${VERSION}: some settings may be others than meant.`,
    );
  const said: Partial<Record<Key, unknown>> = {};
  for (const [key, raw] of parts) {
    if (key === 'v') continue;
    if (!isKey(key)) {
      problems.push(phrase`The link has a setting ${shown(key)}, which there is not; it was left out.`);
      continue;
    }
    const parsed = SHAPE[key].safeParse(typeof DEFAULTS[key] === 'string' ? raw : json(raw));
    if (parsed.success && !(key === 'model' && raw === 'files')) said[key] = parsed.data;
    else {
      const why = parsed.success ? phrase`files are not in a link` : whyNot(parsed.error);
      problems.push(phrase`The link's ${key}, ${shown(raw)}, can't be used: ${why}. The default was taken instead.`);
    }
  }
  const of = <T extends object>(defaults: T): T =>
    Object.fromEntries(
      Object.entries(defaults).map(([key, value]) => [key, key in said ? said[key as Key] : value]),
    ) as T;
  return { form: of(DEFAULT_FORM), view: of(DEFAULT_VIEW), problems: distinct(problems).slice(0, MOST_PROBLEMS) };
}

const distinct = (problems: readonly Phrase[]): Phrase[] => [
  ...new Map(problems.map((problem) => [english(problem), problem])).values(),
];

const isKey = (key: string): key is Key => Object.hasOwn(SHAPE, key);

/** What is not JSON stays the text that it is, which no such setting takes. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Some of what a link says, to be quoted. */
const shown = (text: string): string => (text.length > 40 ? `“${text.slice(0, 40)}…”` : `“${text}”`);
