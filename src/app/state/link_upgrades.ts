type Parts = Readonly<Record<string, string>>;

/**
 * What makes of a link's parts those of the next version: the first of version 1 those of version 2, and so on. What is
 * not as it should be is left as it is: the schema of the newest version then says what is wrong.
 */
export const LINK_UPGRADES: readonly ((parts: Parts) => Parts)[] = [from1to2];

/**
 * Connectivities and schedules were said by `compare` (both: FarSkip off and on; all: under both schedules; chosen:
 * one, by `farskip`) and one `schedule`; the tracks on show were `top` and `bottom`; what was selected was a place.
 */
function from1to2(parts: Parts): Parts {
  const { compare, farskip, schedule, top, bottom, selected, ...rest } = parts;
  const tracks = [top, bottom].filter((name) => name);
  return {
    ...rest,
    ...connectivity1(compare, farskip),
    ...schedule1(compare, schedule, rest.task),
    ...(tracks.length > 0 && { tracks: JSON.stringify(tracks) }),
    ...(selected && selected1(selected, tracks)),
  };
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
  // A list of them already: a link that does not say its version.
  if (schedule === undefined || schedule.startsWith('[')) return schedule === undefined ? {} : { schedule };
  return { schedule: JSON.stringify([schedule]) };
}

function selected1(selected: string, tracks: readonly (string | undefined)[]): Parts {
  const [, at, list, place] = /^([01])([sg])(\d{1,9})$/.exec(selected) ?? [];
  const track = tracks[Number(at)];
  if (!track) return { selected };
  return { selected: JSON.stringify({ track, list: list === 's' ? 'spans' : 'gaps', place: Number(place) }) };
}
