type Parts = Readonly<Record<string, string>>;

/**
 * What makes of a link's parts those of the next version: the first of version 1 those of version 2, and so on. What is
 * not as it should be is left as it is: the schema of the newest version then says what is wrong.
 */
export const LINK_UPGRADES: readonly ((parts: Parts) => Parts)[] = [from1to2, from2to3, from3to4];

/** What version 1 showed where a link said nothing: the first recorded run, and of it these two. */
const FIRST_SHOWN = ['ep/regular-blocking', 'ep/farskip-overlapped'] as const;

/**
 * Connectivities and schedules were said by `compare` (both: FarSkip off and on; all: under both schedules; chosen:
 * one, by `farskip`) and one `schedule`; the tracks on show were `top` and `bottom`; what was selected was a place.
 */
function from1to2(parts: Parts): Parts {
  const { compare, farskip, schedule, top, bottom, selected, ...rest } = parts;
  const shown = top ? [top, bottom] : [FIRST_SHOWN[0], bottom || FIRST_SHOWN[1]];
  const tracks = [...new Set(shown.filter((name) => name))];
  return {
    ...rest,
    ...connectivity1(compare, farskip),
    ...schedule1(compare, schedule, rest.task),
    ...((top || bottom) && { tracks: JSON.stringify(tracks) }),
    ...(selected && selected1(selected, shown)),
  };
}

/** Three runs of each were the default: too few for an interval. */
function from2to3(parts: Parts): Parts {
  return { repeats: '3', ...parts };
}

/** Text was generated under one schedule, the last of the list. */
function from3to4(parts: Parts): Parts {
  const { task, schedule } = parts;
  if (task !== 'generate' || schedule === undefined) return parts;
  const last = /"\w+"(?=\s*\]$)/.exec(schedule)?.[0];
  return last ? { ...parts, schedule: `[${last}]` } : parts;
}

function connectivity1(compare: string | undefined, farskip: string | undefined): Parts {
  switch (compare) {
    case undefined:
      return {};
    case 'both':
    case 'all':
      return { connectivity: JSON.stringify(['regular', 'farskip']) };
    case 'chosen':
      return { connectivity: JSON.stringify([farskip === 'false' ? 'regular' : 'farskip']) };
    default:
      return { connectivity: compare };
  }
}

function schedule1(compare: string | undefined, schedule: string | undefined, task: string | undefined): Parts {
  if (compare === 'all' && task !== 'generate') return { schedule: JSON.stringify(['blocking', 'overlapped']) };
  if (schedule === undefined) return {};
  // A list of them already: a link that does not say its version.
  return { schedule: schedule.startsWith('[') ? schedule : JSON.stringify([schedule]) };
}

function selected1(selected: string, shown: readonly (string | undefined)[]): Parts {
  const [, at, list, place] = /^([01])([sg])(\d{1,9})$/.exec(selected) ?? [];
  const track = shown[Number(at)];
  if (!track) return { selected };
  return { selected: JSON.stringify({ track, list: list === 's' ? 'spans' : 'gaps', place: Number(place) }) };
}
