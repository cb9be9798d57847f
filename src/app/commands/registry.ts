import { toggleChoosing } from '../lanes/choosing';
import { focusLanes } from '../lanes/focus';
import { placeOf } from '../lanes/pick';
import { nextMatch, notMatching } from '../lanes/search';
import { type Selection, selectedOf, selectionIn } from '../lanes/selection';
import { playedFrom, rangeInView, type Timelines } from '../lanes/timelines';
import { panned, zoomed } from '../lanes/zoom';
import { runForm } from '../parts/sized_run';
import { fragmentNow } from '../state/address';
import { useEngine } from '../state/engine_store';
import { useForm } from '../state/form_store';
import { usePlayer } from '../state/player';
import { useView } from '../state/view_store';
import type { Text } from '../text/en';

/** What a command acts on beside the stores. */
export type CommandContext = {
  readonly timelines: Timelines;
  readonly openCommands: (which: 'palette' | 'help') => void;
  /** Tells the user that the link was copied, or that the browser did not allow it. */
  readonly onCopied: (done: boolean) => void;
};

export type CommandId = keyof Text['commands']['names'];

/**
 * A letter by its place on the keyboard (KeyboardEvent.code), so that W, A, S and D lie together in every layout; a
 * sign by what it writes.
 */
export type Key =
  | { readonly code: string; readonly shift?: boolean; readonly mod?: boolean }
  | { readonly sign: string };

export type Command = {
  readonly id: CommandId;
  readonly keys: readonly Key[];
  /** Where its keys work: anywhere, or only while the timelines have the focus (WCAG 2.1.4). */
  readonly scope: 'page' | 'timeline';
  readonly run: (context: CommandContext) => void;
};

const ZOOM = 0.75;
const PAN = 0.2;

const state = () => useView.getState();
const view = ({ timelines: { end } }: CommandContext) => rangeInView(state().view, end);
const whole = ({ timelines: { end } }: CommandContext) => rangeInView({ from: null, to: null }, end).to;
/** Around what zooming goes: the selection, if it is in view, else the middle. */
function centre(context: CommandContext): number {
  const { from, to } = view(context);
  const selection = selectionIn(context.timelines.tracks, state().view.selected);
  const interval = selection && placeOf(context.timelines.tracks, selection)?.interval;
  const middle = interval && (interval[0] + interval[1]) / 2;
  return middle && middle >= from && middle <= to ? middle : (from + to) / 2;
}
const zoomBy = (factor: number) => (context: CommandContext) =>
  state().look(zoomed(view(context), factor, centre(context), whole(context)));
const panBy = (share: number) => (context: CommandContext) =>
  state().look(panned(view(context), share, whole(context)));

/** The range, or where the selection lies. */
function chosenInterval({ timelines: { tracks } }: CommandContext): readonly [number, number] | null {
  const { range, selected } = state().view;
  const selection = selectionIn(tracks, selected);
  return range ?? (selection && placeOf(tracks, selection)?.interval) ?? null;
}

function fit(context: CommandContext): void {
  const interval = chosenInterval(context);
  if (!interval) return;
  const length = Math.max(interval[1] - interval[0], 1e-3);
  state().look(
    zoomed({ from: interval[0] - 0.1 * length, to: interval[1] + 0.1 * length }, 1, interval[0], whole(context)),
  );
}

function mark(context: CommandContext): void {
  const interval = chosenInterval(context);
  if (interval) state().look({ marks: [...state().view.marks, [...interval] as [number, number]].slice(-50) });
}

/** Goes to the next span that the search finds, through the tracks in order. */
const goToMatch = (step: 1 | -1) => (context: CommandContext) => {
  const { tracks } = context.timelines;
  const { search, selected } = state().view;
  const missing = tracks.map(({ track }) => notMatching(track.spans, search));
  if (missing.includes(null)) return;
  const places = tracks.flatMap(({ track }, i) =>
    track.spans.map((_, index): Selection => ({ track: i, kind: 'span', index })),
  );
  const selection = selectionIn(tracks, selected);
  const here = places.findIndex(
    ({ track, index }) => selection?.kind === 'span' && selection.track === track && selection.index === index,
  );
  const found = nextMatch(
    missing.flatMap((own) => [...own!]),
    here < 0 && step === -1 ? 0 : here,
    step,
  );
  const next = places[found];
  if (next) reveal(context, next);
};

/** Selects, and brings into view what is not in it. */
function reveal(context: CommandContext, selection: Selection): void {
  const { tracks } = context.timelines;
  const { interval } = placeOf(tracks, selection)!;
  const selected = selectedOf(tracks, selection);
  const { from, to } = view(context);
  const inView = interval[1] >= from && interval[0] <= to;
  const start = Math.max(0, interval[0] - (to - from) / 2);
  state().look(inView ? { selected } : { selected, from: start, to: start + to - from });
}

/** The play head goes to the next or last time at which a span begins. */
const stepBy = (step: 1 | -1) => (context: CommandContext) => {
  const player = usePlayer.getState();
  player.pause();
  const at = player.at ?? playedFrom(state().view, context.timelines.end);
  let best: number | null = null;
  for (const { ranks } of context.timelines.tracks)
    for (const { compute, send } of ranks)
      for (const { start } of [compute, send])
        for (const time of start) {
          const ahead = (time - at) * step;
          if (ahead > 1e-6 && (best === null || ahead < (best - at) * step)) best = time;
        }
  if (best === null) return;
  player.seek(best);
  const { from, to } = view(context);
  if (best < from || best > to) state().look({ from: Math.max(0, best - (to - from) / 2), to: best + (to - from) / 2 });
};

const focusSearch = () => document.getElementById('span-search')?.focus();

/** All commands: the keys, the palette and the help are made of this list. */
export const COMMANDS: readonly Command[] = [
  { id: 'zoomIn', keys: [{ code: 'KeyW' }], scope: 'timeline', run: zoomBy(ZOOM) },
  { id: 'zoomOut', keys: [{ code: 'KeyS' }], scope: 'timeline', run: zoomBy(1 / ZOOM) },
  { id: 'panLeft', keys: [{ code: 'KeyA' }], scope: 'timeline', run: panBy(-PAN) },
  { id: 'panRight', keys: [{ code: 'KeyD' }], scope: 'timeline', run: panBy(PAN) },
  { id: 'fit', keys: [{ code: 'KeyF' }], scope: 'timeline', run: fit },
  { id: 'fitAll', keys: [{ code: 'Digit0' }], scope: 'timeline', run: () => state().look({ from: null, to: null }) },
  { id: 'chooseRange', keys: [{ code: 'KeyX' }], scope: 'timeline', run: toggleChoosing },
  { id: 'mark', keys: [{ code: 'KeyM' }], scope: 'timeline', run: mark },
  {
    id: 'clearMarks',
    keys: [{ code: 'KeyM', shift: true }],
    scope: 'timeline',
    run: () => state().look({ marks: [] }),
  },
  { id: 'search', keys: [{ sign: '/' }], scope: 'timeline', run: focusSearch },
  { id: 'nextMatch', keys: [{ code: 'KeyN' }], scope: 'timeline', run: goToMatch(1) },
  { id: 'previousMatch', keys: [{ code: 'KeyN', shift: true }], scope: 'timeline', run: goToMatch(-1) },
  { id: 'play', keys: [{ code: 'Space' }], scope: 'timeline', run: ({ timelines }) => playOrPause(timelines.end) },
  { id: 'stepOn', keys: [{ sign: '.' }], scope: 'timeline', run: stepBy(1) },
  { id: 'stepBack', keys: [{ sign: ',' }], scope: 'timeline', run: stepBy(-1) },
  { id: 'clear', keys: [{ code: 'Escape' }], scope: 'timeline', run: clear },
  {
    id: 'collapse',
    keys: [{ code: 'KeyC' }],
    scope: 'timeline',
    run: ({ timelines }) => {
      const ranks = Math.max(0, ...timelines.tracks.map(({ track }) => track.ranks));
      state().look({
        collapsed: state().view.collapsed.length > 0 ? [] : Array.from({ length: ranks }, (_, rank) => rank),
      });
    },
  },
  {
    id: 'windows',
    keys: [{ code: 'KeyO' }],
    scope: 'timeline',
    run: () => state().look({ windows: !state().view.windows }),
  },
  {
    id: 'arrows',
    keys: [{ code: 'KeyR' }],
    scope: 'timeline',
    run: () => state().look({ arrows: !state().view.arrows }),
  },
  {
    id: 'align',
    keys: [{ code: 'KeyL' }],
    scope: 'timeline',
    run: () =>
      state().look({
        align: state().view.align === 'time' ? 'layer' : 'time',
        from: null,
        to: null,
        range: null,
        marks: [],
      }),
  },
  { id: 'help', keys: [{ sign: '?' }], scope: 'timeline', run: ({ openCommands }) => openCommands('help') },
  {
    id: 'palette',
    keys: [{ code: 'KeyK', mod: true }],
    scope: 'page',
    run: ({ openCommands }) => openCommands('palette'),
  },
  { id: 'fullScreen', keys: [{ code: 'KeyP' }], scope: 'timeline', run: toggleFullScreen },
  { id: 'run', keys: [], scope: 'page', run: runForm },
  { id: 'stop', keys: [], scope: 'page', run: () => useEngine.getState().stop() },
  { id: 'undo', keys: [], scope: 'page', run: () => useForm.getState().undo() },
  { id: 'redo', keys: [], scope: 'page', run: () => useForm.getState().redo() },
  { id: 'open', keys: [], scope: 'page', run: () => document.getElementById('open-runs')?.click() },
  { id: 'copyLink', keys: [], scope: 'page', run: copyLink },
];

export const commandOf = (id: CommandId): Command => COMMANDS.find((command) => command.id === id)!;

export function playOrPause(end: number): void {
  const player = usePlayer.getState();
  if (player.playing) player.pause();
  // What is in view plays first.
  else player.play(end, playedFrom(state().view, end));
}

/** The link as the page is now, not as its address was brought up to date last. */
function copyLink({ onCopied }: CommandContext): void {
  const link = new URL(fragmentNow() || '#', location.href).href;
  // There is no clipboard on pages that are not secure.
  const copying = navigator.clipboard?.writeText(link) ?? Promise.reject();
  copying.then(
    () => onCopied(true),
    () => onCopied(false),
  );
}

/** Not every browser lets a page fill the screen: then it stays as it is. */
function toggleFullScreen(): void {
  const going = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
  // The button that was pressed is not among what fills the screen.
  going?.then(focusLanes, () => {});
}

function clear(): void {
  usePlayer.getState().close();
  state().look({ selected: null, range: null, search: '' });
}

/** The command that a key press asks for, in a scope and those around it. */
export function commandFor(event: KeyboardEvent, scope: Command['scope']): Command | undefined {
  const mod = event.ctrlKey || event.metaKey;
  if (event.altKey || event.isComposing) return undefined;
  return COMMANDS.find(
    (command) =>
      (command.scope === scope || scope === 'timeline') &&
      command.keys.some((key) =>
        'sign' in key
          ? key.sign === event.key && !mod
          : key.code === event.code && (key.shift ?? false) === event.shiftKey && (key.mod ?? false) === mod,
      ),
  );
}

const NAMES: Readonly<Record<string, string>> = { Space: '␣', Escape: 'Esc' };

/** A key as it is written on a keyboard: of letters those of a US one, which the help says. */
export const keyName = (key: Key): string =>
  'sign' in key
    ? key.sign
    : [key.mod && 'Ctrl', key.shift && 'Shift', NAMES[key.code] ?? key.code.replace(/^(Key|Digit)/, '')]
        .filter(Boolean)
        .join(' ');
