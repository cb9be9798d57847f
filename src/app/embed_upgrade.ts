import { comparesAll, type Form } from './state/form';
import { LINK_UPGRADES } from './state/link_upgrades';

type Loose = Readonly<Record<string, unknown>>;
const isLoose = (value: unknown): value is Loose => typeof value === 'object' && value !== null;

/** What messages change: the form, and the tracks on show. */
type Now = { readonly form: Pick<Form, 'task' | 'connectivity' | 'schedule'>; readonly tracks: readonly string[] };

/**
 * A message whose settings and view may be those of links of version 1, of this version. A message changes a part: what
 * it leaves out is as it is now. What is of this version already, or nothing that was ever taken, is left as it is.
 */
export function ofThisVersion(data: unknown, now: Now): unknown {
  if (!isLoose(data)) return data;
  const { settings, view } = data;
  return {
    ...data,
    ...(isLoose(settings) && saysOld(settings) && { settings: settings1(settings, now.form) }),
    ...(isLoose(view) && looksOld(view) && { view: view1(view, now.tracks) }),
  };
}

const saysOld = (settings: Loose): boolean =>
  'compare' in settings || 'farskip' in settings || typeof settings.schedule === 'string';
const looksOld = (view: Loose): boolean => 'top' in view || 'bottom' in view || typeof view.selected === 'string';

function settings1(
  { compare, farskip, schedule, ...rest }: Loose,
  { task, connectivity, schedule: own }: Now['form'],
): Loose {
  const compared = connectivity.length < 2 ? 'chosen' : comparesAll({ schedule: own }) ? 'all' : 'both';
  const parts = {
    compare: String(compare ?? compared),
    farskip: String(farskip ?? connectivity.at(-1) === 'farskip'),
    schedule: String(schedule ?? own.at(-1)),
    task: String(rest.task ?? task),
  };
  return { ...rest, ...upgraded(parts, ['connectivity', 'schedule']) };
}

function view1({ top, bottom, selected, ...rest }: Loose, tracks: readonly string[]): Loose {
  const shown = { top: String(top ?? tracks[0] ?? ''), bottom: String(bottom ?? tracks[1] ?? '') };
  const named = upgraded({ ...shown, selected: String(selected ?? '') }, ['tracks', 'selected']);
  return {
    ...rest,
    ...((top !== undefined || bottom !== undefined) && { tracks: named.tracks ?? [] }),
    ...(selected !== undefined && { selected: named.selected ?? null }),
  };
}

/** Some values of this version; what is no JSON is the text that was said. */
function upgraded(parts: Readonly<Record<string, string>>, keys: readonly string[]): Loose {
  const own = LINK_UPGRADES.reduce((before, upgrade) => upgrade(before), parts);
  return Object.fromEntries(keys.flatMap((key) => (own[key] === undefined ? [] : [[key, parsedOr(own[key])]])));
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
