import { isFiles } from '../../lab/experiments/run_settings';
import { english, type Phrase, phrase } from '../../words/phrase';
import { whyNot, type z } from '../../words/zod';
import { DEFAULT_FORM, type Form, FormSettings } from './form';
import { LINK_UPGRADES } from './link_upgrades';
import { DEFAULT_VIEW, View } from './view';

/** Of the link's format: a change that old links can't be read with raises it, and adds an upgrade. */
export const LINK_VERSION = 1 + LINK_UPGRADES.length;
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
 * Settings and view as the fragment of the page's address: `#v=4` and what differs from the defaults, texts as they
 * are, all else as JSON; empty for the defaults, unless the link is to say settings all the same. Files can't be in a
 * link, so a model made of them is left out.
 */
export function linkOf(form: Form, view: View, saysSettings = false): string {
  const parts = new URLSearchParams();
  const all = { ...form, ...view };
  for (const key of KEYS) {
    const value = all[key];
    if (JSON.stringify(value) === JSON.stringify(DEFAULTS[key]) || (key === 'model' && isFiles(String(value))))
      continue;
    parts.set(key, written(value));
  }
  // Else the form would follow what is on show.
  if (saysSettings && !KEYS.some((key) => key in FormSettings.shape && parts.has(key))) parts.set('task', form.task);
  return parts.size === 0 ? '' : `#v=${LINK_VERSION}&${parts}`;
}

export type ReadLink = {
  readonly form: Form;
  /** Whether any of the form's settings was said. */
  readonly saysSettings: boolean;
  readonly view: View;
  readonly problems: readonly Phrase[];
};
const NOTHING_SAID: ReadLink = { form: DEFAULT_FORM, saysSettings: false, view: DEFAULT_VIEW, problems: [] };

/**
 * The settings and view that a fragment says, and defaults where it says nothing or nonsense: then with a sentence for
 * each.
 */
export function readLink(fragment: string): ReadLink {
  if (fragment.length > LONGEST)
    return {
      ...NOTHING_SAID,
      problems: [phrase`The link is longer than ${LONGEST} characters, so its settings were left out.`],
    };
  // A bare address says nothing of an earlier version.
  if (fragment === '' || fragment === '#') return NOTHING_SAID;
  const problems: Phrase[] = [];
  const { v, ...parts } = Object.fromEntries(new URLSearchParams(fragment.replace(/^#/, '')));
  const version = versionOf(v, problems);
  const upgraded = LINK_UPGRADES.slice(version - 1).reduce((own, upgrade) => upgrade(own), parts);
  const said: Partial<Record<Key, unknown>> = {};
  for (const [key, raw] of Object.entries(upgraded)) {
    if (!isKey(key)) {
      problems.push(phrase`The link has a setting ${shown(key)}, which there is not; it was left out.`);
      continue;
    }
    const parsed = SHAPE[key].safeParse(valueIn(key, raw));
    if (parsed.success && !(key === 'model' && isFiles(raw))) said[key] = parsed.data;
    else {
      const why = parsed.success ? phrase`files are not in a link` : whyNot(parsed.error);
      problems.push(phrase`The link's ${key}, ${shown(raw)}, can't be used: ${why}. The default was taken instead.`);
    }
  }
  const of = <T extends object>(defaults: T): T =>
    Object.fromEntries(
      Object.entries(defaults).map(([key, value]) => [key, key in said ? said[key as Key] : value]),
    ) as T;
  return {
    form: of(DEFAULT_FORM),
    // What can't be used was said, too.
    saysSettings: Object.keys(upgraded).some((key) => key in FormSettings.shape),
    view: of(DEFAULT_VIEW),
    problems: distinct(problems).slice(0, MOST_PROBLEMS),
  };
}

/** Texts as they are, all else as JSON. */
const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const valueIn = (key: string, raw: string): unknown =>
  isKey(key) && typeof DEFAULTS[key] === 'string' ? raw : json(raw);

/** The version that a link says; the first where it says none, the newest where it says one that there is not. */
function versionOf(said: string | undefined, problems: Phrase[]): number {
  const version = Number(said ?? 1);
  if (Number.isInteger(version) && version >= 1 && version <= LINK_VERSION) return version;
  problems.push(
    phrase`The link is of version ${shown(said!)}, and this lab reads versions up to ${LINK_VERSION}: some settings may be others than meant.`,
  );
  return LINK_VERSION;
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
